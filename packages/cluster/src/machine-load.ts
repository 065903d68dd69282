/**
 * What Linux tells of processors, memory and network under /proc, from text to numbers, and rates from two readings.
 *
 * Source: proc(5). Counters that went back, because an interface was made anew, count from nothing.
 */

/** Time of all processors since the start, in ticks. */
export interface CpuTicks {
  readonly total: number;
  /** Idle, or waiting for a disk. */
  readonly idle: number;
}

/** Memory of the machine. */
export interface MemoryBytes {
  readonly total: number;
  /** What can be had without pushing anything else out. */
  readonly available: number;
}

/** Counters of one network interface since it was made. */
export interface InterfaceCounters {
  readonly name: string;
  readonly bytesReceived: number;
  readonly bytesSent: number;
  /** Packets in error or dropped, both ways. */
  readonly packetsLost: number;
}

/** What an interface did in a while. */
export interface InterfaceLoad {
  readonly name: string;
  readonly bytesReceivedPerSecond: number;
  readonly bytesSentPerSecond: number;
  readonly packetsLostPerSecond: number;
}

/** Reads the processors' line of /proc/stat; null where there is none. */
export function parseCpuTicks(stat: string): CpuTicks | null {
  const line = /^cpu +(.+)$/m.exec(stat)?.[1];
  if (line === undefined) return null;
  // user nice system idle iowait irq softirq steal; guest times are part of user and nice.
  const ticks = line.trim().split(/ +/).slice(0, 8).map(Number);
  const total = ticks.reduce((sum, each) => sum + each, 0);
  return { total, idle: (ticks[3] ?? 0) + (ticks[4] ?? 0) };
}

/** Share of the time between two readings in which processors were busy, 0..1; null where no time passed. */
export function busyShare(before: CpuTicks, after: CpuTicks): number | null {
  const total = after.total - before.total;
  return total <= 0 ? null : Math.min(1, Math.max(0, 1 - (after.idle - before.idle) / total));
}

/** Reads /proc/meminfo; null where it lacks a value. Its kB are KiB. */
export function parseMemory(meminfo: string): MemoryBytes | null {
  const bytesOf = (name: string): number | undefined => {
    const kib = new RegExp(`^${name}: +(\\d+) kB$`, "m").exec(meminfo)?.[1];
    return kib === undefined ? undefined : 1024 * Number(kib);
  };
  const [total, available] = [bytesOf("MemTotal"), bytesOf("MemAvailable")];
  return total === undefined || available === undefined ? null : { total, available };
}

/** Reads /proc/net/dev, the loopback interface left out. */
export function parseInterfaces(dev: string): InterfaceCounters[] {
  return dev.split("\n").flatMap((line) => {
    const [, name, rest] = /^ *([^:\s]+): *(.+)$/.exec(line) ?? [];
    if (name === undefined || rest === undefined || name === "lo") return [];
    const [bytesReceived = 0, , errorsIn = 0, dropsIn = 0, , , , , ...out] = rest.trim().split(/ +/).map(Number);
    const [bytesSent = 0, , errorsOut = 0, dropsOut = 0] = out;
    const packetsLost = errorsIn + dropsIn + errorsOut + dropsOut;
    return [{ name, bytesReceived, bytesSent, packetsLost }];
  });
}

/** What each interface did between two readings that are `spanMs` apart. */
export function interfaceLoads(
  before: readonly InterfaceCounters[],
  after: readonly InterfaceCounters[],
  spanMs: number,
): InterfaceLoad[] {
  return after.map((now) => {
    const then = before.find(({ name }) => name === now.name);
    const perSecond = (count: (counters: InterfaceCounters) => number): number => {
      const gain = then === undefined ? 0 : count(now) - count(then);
      return spanMs <= 0 ? 0 : (1000 * (gain < 0 ? count(now) : gain)) / spanMs;
    };
    return {
      name: now.name,
      bytesReceivedPerSecond: perSecond(({ bytesReceived }) => bytesReceived),
      bytesSentPerSecond: perSecond(({ bytesSent }) => bytesSent),
      packetsLostPerSecond: perSecond(({ packetsLost }) => packetsLost),
    };
  });
}

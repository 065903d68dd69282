/**
 * How long this process and the browser it started waited for a core that other programs held: time that says nothing about the page.
 *
 * Linux counts for every thread how long it was ready to run and did not (`schedstat`). Taken is the longest wait of a process's main thread:
 * those of several may fall into the same moment. Waits that the browser causes itself are part of what it takes: no more is taken than
 * the time that cores spent on programs outside this tree, which on an idle machine is next to nothing.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";

/** Ticks of /proc/stat are hundredths of a second on every Linux that Chromium runs on. */
const TICK_MS = 10;
/** Fields of the line `cpu` that are work: user, nice, system, irq, softirq and steal. */
const BUSY_FIELDS = [1, 2, 3, 6, 7, 8];

interface Reading {
  /** How long the main thread of each process had waited for a core. */
  readonly waitedMs: ReadonlyMap<number, number>;
  /** What the processes of the tree, and what all of the machine had computed. */
  readonly ownMs: number;
  readonly busyMs: number;
}

/** Starts counting; the function returned says how long was waited since, in milliseconds. 0 where the system does not tell. */
export function countCoreWait(): () => number {
  if (!existsSync("/proc/self/schedstat")) return () => 0;
  const before = read();
  return () => {
    const after = read();
    const othersMs = after.busyMs - before.busyMs - (after.ownMs - before.ownMs);
    const waits = [...after.waitedMs].map(([processId, ms]) => ms - (before.waitedMs.get(processId) ?? 0));
    return Math.max(0, Math.min(Math.max(...waits), othersMs));
  };
}

function read(): Reading {
  const waitedMs = new Map<number, number>();
  let ownMs = 0;
  for (const processId of treeOf(process.pid)) {
    // Nanoseconds of running, of waiting; of the main thread alone.
    waitedMs.set(processId, Number(textOf(`/proc/${processId}/schedstat`).split(" ")[1] ?? 0) / 1e6);
    // Behind the name, which may hold spaces, come fields 3 and up; utime and stime are 14 and 15.
    const fields = textOf(`/proc/${processId}/stat`).split(") ").at(-1)?.split(" ") ?? [];
    ownMs += TICK_MS * (Number(fields[11] ?? 0) + Number(fields[12] ?? 0));
  }
  const total = textOf("/proc/stat").split("\n")[0]?.split(/ +/) ?? [];
  return { waitedMs, ownMs, busyMs: TICK_MS * BUSY_FIELDS.reduce((sum, at) => sum + Number(total[at] ?? 0), 0) };
}

/** A process and all that came of it. */
function treeOf(processId: number): number[] {
  const folder = `/proc/${processId}/task`;
  const threads = existsSync(folder) ? readdirSync(folder) : [];
  const children = threads.flatMap((thread) => textOf(`${folder}/${thread}/children`).split(" ").filter(Boolean));
  return [processId, ...children.flatMap((child) => treeOf(Number(child)))];
}

/** The text of a file of a process; empty where the process is gone. */
function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ESRCH")) return "";
    throw error;
  }
}

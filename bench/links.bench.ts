/**
 * Frames from one process to another over loopback, checksum verified on arrival, and what the checksum itself costs.
 *
 * Through shared memory a frame is seen where it was written, and its checksum is what takes the time; or it is copied once. Beside the
 * links stand Bun's bare sockets, whose receiver only copies, and with `--anchors` send() and recv() in C, without and with the checksum.
 * What is compared is the ratio within one run: two processes share the cores with whatever else runs. RDMA is not measured here: nothing
 * over loopback is.
 */
import { join } from "node:path";
import { assert, systemClock } from "@skyvox/core";
import {
  ChecksumFill,
  checksumOf,
  connectShm,
  connectTcp,
  connectUcx,
  connectUdp,
  type LinkHandlers,
  type Offer,
  probeLinks,
  SharedSegment,
} from "@skyvox/pipeline";
import { compiledAnchor, outputOf } from "./anchors.ts";
import {
  type Bench,
  type BenchOptions,
  type BenchResult,
  type BenchRow,
  type BenchTarget,
  digestOf,
  interleave,
  interleaveTimed,
  perSecond,
  type SelfTimed,
  type Timing,
} from "./harness.ts";
import { targets } from "./targets.ts";

/** 7680 x 4320 bytes. */
const FRAME_BYTES = 33_177_600;
const FRAME_BYTES_SMALL = 2 ** 20;
/** Frames of one round. */
const FRAMES = 8;
/** Messages there and back in one round, one after the other. */
const TRIPS = 500;
const TRIP_BYTES = 64;
/** Holds the checksum that a rival in C takes as ours do. */
const hashLibrary = new URL("../packages/pipeline/build/libskyvox_pipeline.so", import.meta.url).pathname;
const connect = { tcp: connectTcp, udp: connectUdp, ucx: connectUcx };
type BenchKind = keyof typeof connect | "shm";

export const bench: Bench = {
  name: "links",
  subject: "pipeline",
  async run({ small, anchors, rounds }: BenchOptions): Promise<BenchResult> {
    const byteLength = small ? FRAME_BYTES_SMALL : FRAME_BYTES;
    const sums = await checksums(byteLength, rounds);
    const links = await transfers(byteLength, small ? 2 : FRAMES, rounds, anchors);
    const trips = await roundTrips(small ? 20 : TRIPS, rounds);
    return {
      rows: [...sums.rows, ...links.rows, ...trips],
      targets: [...sums.targets, ...links.targets],
      leftOut: links.leftOut,
      digest: sums.digest,
    };
  },
};

/** One core over one frame; the copy is that of the same frame. */
async function checksums(
  byteLength: number,
  rounds: number,
): Promise<Pick<BenchResult, "rows" | "targets" | "digest">> {
  const from = new Uint8Array(byteLength);
  for (let i = 0; i < byteLength; i++) from[i] = Math.imul(i, 0x9e3779b1) >>> 24;
  const to = new Uint8Array(byteLength);
  const found: string[] = [];
  const note = (index: number, sum: bigint): void => {
    found[index] = sum.toString(16);
  };
  const timings = await interleave(
    [
      { name: "copy", run: () => to.set(from) },
      { name: "copy and xxh3", run: () => note(0, copied(from, to)) },
      { name: "xxh3", run: () => note(1, checksumOf("xxh3", from, 1)) },
      { name: "crc32c", run: () => note(2, checksumOf("crc32c", from, 1)) },
      { name: "md5", run: () => note(3, checksumOf("md5", from, 1)) },
    ],
    rounds,
  );
  const [, fused, xxh3, , md5] = timings as [Timing, Timing, Timing, Timing, Timing];
  const ratio = (name: string, achieved: number, wanted: number, better: "higher" | "lower"): BenchTarget => {
    return { name, achieved, wanted, unit: "x", better };
  };
  return {
    rows: timings.map((timing) => rateRow(timing, byteLength)),
    targets: [
      ratio("xxh3 against md5", md5.medianMs / xxh3.medianMs, targets.links.xxh3TimesMd5, "higher"),
      // The copy is the first variant: its times are compared round by round.
      ratio("copy and xxh3 against copy", 1 / fused.speedup, targets.links.fusedTimesCopy, "lower"),
    ],
    digest: digestOf(...found),
  };
}

function copied(from: Uint8Array, to: Uint8Array): bigint {
  const fill = new ChecksumFill({ kind: "xxh3", sequence: 1, target: to });
  fill.copy(from);
  return fill.finish();
}

async function transfers(
  byteLength: number,
  frames: number,
  rounds: number,
  anchors: boolean,
): Promise<Required<Pick<BenchResult, "rows" | "targets" | "leftOut">>> {
  const leftOut: string[] = [];
  await using stack = new AsyncDisposableStack();
  const subjects: SelfTimed[] = [
    await plainSockets(byteLength, frames, stack),
    await linkFrames("tcp", byteLength, frames, stack),
    await linkFrames("shm", byteLength, frames, stack),
    await linkFrames("shm in place", byteLength, frames, stack),
  ];
  const { ucx } = probeLinks();
  if (ucx.isHere) subjects.push(await linkFrames("ucx", byteLength, frames, stack));
  else leftOut.push(`ucx: ${ucx.note}`);
  if (anchors) {
    const send = compiledAnchor("socket-send", "stdio.h", ["dl"]);
    if (send.ok) {
      const command = [...send.command, String(byteLength), String(frames)];
      subjects.push({ name: "C send()", measureMs: () => outputOf<{ ms: number }>(command).ms });
      const hashing = [...command, hashLibrary];
      subjects.push({ name: "C send(), XXH3 on arrival", measureMs: () => outputOf<{ ms: number }>(hashing).ms });
    } else leftOut.push(`C send(): ${send.reason}`);
  }
  const timings = await interleaveTimed(subjects, rounds);
  return { rows: timings.map((timing) => rateRow(timing, byteLength * frames)), targets: ratios(timings), leftOut };
}

function ratios(timings: readonly Timing[]): BenchTarget[] {
  const msOf = (name: string) => timings.find((timing) => timing.name === name)?.medianMs;
  const found: BenchTarget[] = [];
  const ratio = (name: string, rival: string, wanted: number): void => {
    const [ours, theirs] = [msOf(name), msOf(rival)];
    if (ours === undefined || theirs === undefined) return;
    found.push({ name: `${name} against ${rival}`, achieved: theirs / ours, wanted, unit: "x", better: "higher" });
  };
  ratio("tcp", "Bun sockets", targets.links.tcpTimesBunSockets);
  ratio("ucx", "Bun sockets", targets.links.ucxTimesBunSockets);
  ratio("ucx", "C send()", targets.links.ucxTimesSend);
  ratio("ucx", "C send(), XXH3 on arrival", targets.links.ucxTimesSend);
  return found;
}

function rateRow({ name, medianMs, noise }: Timing, byteLength: number): BenchRow {
  return { name, median: perSecond(byteLength, medianMs) / 1e9, unit: "GB/s", noise };
}

/** Starts the sender of one kind; the stack ends it. */
async function startSender(kind: string, byteLength: number, stack: AsyncDisposableStack): Promise<string> {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "./link-sender.ts"), kind, String(byteLength)], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "inherit",
  });
  stack.defer(async () => {
    await child.stdin.end();
    await child.exited;
  });
  const { value } = await child.stdout.getReader().read();
  return new TextDecoder().decode(value).trim();
}

/** Connects to a sender of its own kind; the stack ends both. */
async function openLink(kind: BenchKind, byteLength: number, stack: AsyncDisposableStack, handlers: LinkHandlers) {
  const said = await startSender(kind, byteLength, stack);
  const options = { checksum: "xxh3", clock: systemClock, accept: () => handlers } as const;
  if (kind !== "shm") return stack.use(await connect[kind]({ ...options, hostname: "127.0.0.1", port: Number(said) }));
  const [address = "", path] = said.split(" ");
  if (path === undefined) return stack.use(await connectShm({ ...options, address, pools: [] }));
  const segment = stack.use(SharedSegment.attach(path, [{ kind: "pool", slots: 2, slotBytes: byteLength }]));
  const pools = [{ segment, part: 0, quotaSlots: 0, holdMsMax: 60_000 }];
  return stack.use(await connectShm({ ...options, address, pools }));
}

/** A round that ends when `turn` says so, or fails with the link. */
class Round {
  #done = Promise.withResolvers<void>();
  readonly finish = (): void => this.#done.resolve();
  readonly fail = (fault: unknown): void => this.#done.reject(fault);

  async measureMs(start: () => void): Promise<number> {
    this.#done = Promise.withResolvers();
    const startNs = systemClock.nowNs();
    start();
    await this.#done.promise;
    return Number(systemClock.nowNs() - startNs) / 1e6;
  }
}

async function linkFrames(
  name: "tcp" | "ucx" | "shm" | "shm in place",
  byteLength: number,
  frames: number,
  stack: AsyncDisposableStack,
): Promise<SelfTimed> {
  const slots = [new Uint8Array(byteLength), new Uint8Array(byteLength)];
  const round = new Round();
  let left = 0;
  const take = async (offer: Offer): Promise<void> => {
    if (name === "shm in place") {
      const view = offer.view();
      assert(view?.release() === true, "both ends map the pool, and nobody takes the slot away");
    } else await copy(offer);
    if (--left === 0) round.finish();
  };
  const copy = async (offer: Offer): Promise<void> => {
    const slot = slots.pop();
    assert(slot !== undefined, "two frames are under way at most");
    await offer.pullInto(slot);
    slots.push(slot);
  };
  const kind = name === "shm in place" ? "shm" : name;
  const link = await openLink(kind, byteLength, stack, {
    onMessage: () => {},
    onOffer: (offer) => {
      take(offer).catch(round.fail);
    },
    onFault: round.fail,
    onEnd: round.fail,
  });
  return {
    name,
    measureMs: () =>
      round.measureMs(() => {
        left = frames;
        link.send(countBytes(frames));
      }),
  };
}

/** Small messages there and back; lost datagrams would stop the round, and over loopback none is while one is under way. */
async function roundTrips(trips: number, rounds: number): Promise<BenchRow[]> {
  await using stack = new AsyncDisposableStack();
  const kinds = (["shm", "tcp", "udp", "ucx"] as const).filter((kind) => probeLinks()[kind].isHere);
  const subjects = await Promise.all(kinds.map((kind) => pings(kind, trips, stack)));
  const timings = await interleaveTimed(subjects, rounds);
  return timings.map(({ name, medianMs, noise }) => {
    return {
      name: `${name}, ${TRIP_BYTES} bytes there and back`,
      median: (medianMs * 1000) / trips,
      unit: "us",
      noise,
    };
  });
}

async function pings(kind: BenchKind, trips: number, stack: AsyncDisposableStack): Promise<SelfTimed> {
  const message = new Uint8Array(TRIP_BYTES);
  const round = new Round();
  let left = 0;
  const link = await openLink(kind, 0, stack, {
    onMessage: () => {
      if (--left === 0) round.finish();
      else link.send(message);
    },
    onOffer: (offer) => offer.refuse(),
    onFault: round.fail,
    onEnd: round.fail,
  });
  return {
    name: kind,
    measureMs: () =>
      round.measureMs(() => {
        left = trips;
        link.send(message);
      }),
  };
}

function countBytes(frames: number): Uint8Array {
  return new Uint8Array(new Uint32Array([frames]).buffer);
}

async function plainSockets(byteLength: number, frames: number, stack: AsyncDisposableStack): Promise<SelfTimed> {
  const port = Number(await startSender("plain", byteLength, stack));
  const slot = new Uint8Array(byteLength);
  const round = new Round();
  let filled = 0;
  let left = 0;
  const socket = await Bun.connect({
    ...{ hostname: "127.0.0.1", port },
    socket: {
      data: (_socket, chunk) => {
        for (let at = 0; at < chunk.length; ) {
          const part = chunk.subarray(at, at + byteLength - filled);
          slot.set(part, filled);
          at += part.length;
          filled = (filled + part.length) % byteLength;
          if (filled === 0 && --left === 0) round.finish();
        }
      },
    },
  });
  stack.defer(() => {
    socket.end();
  });
  return {
    name: "Bun sockets",
    measureMs: () =>
      round.measureMs(() => {
        left = frames;
        socket.write(countBytes(frames));
      }),
  };
}

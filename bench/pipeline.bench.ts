/**
 * Messages and frames through shared memory: one slot written and read in place from JavaScript beside the same loop in C, and two
 * processes that hand each other messages and frames of 33 MB, which also go through loopback TCP.
 *
 * Times between processes are medians over windows in which neither was pushed off its core; where there was no such window, over all,
 * with a note. With `--anchors` iceoryx exchanges the same messages (`anchors/iceoryx-ring.cpp`).
 */
import { join } from "node:path";
import { compiledAnchor, outputOf } from "./anchors.ts";
import {
  type Bench,
  type BenchOptions,
  type BenchResult,
  type BenchRow,
  type BenchTarget,
  digestOf,
  median,
  perSecond,
} from "./harness.ts";
import { loopbackTcpNs } from "./loopback-tcp.ts";
import { Exchange, timesBesideStopped } from "./ring-exchange.ts";
import { FRAME_BYTES, kinds, RingPair } from "./ring-pair.ts";
import { targets } from "./targets.ts";

const library = join(import.meta.dir, "..", "packages", "pipeline", "build", "libskyvox_pipeline.so");

export const bench: Bench = {
  name: "shared-memory",
  subject: "pipeline",
  async run({ small, anchors, rounds }: BenchOptions): Promise<BenchResult> {
    const frameBytes = small ? 2 ** 20 : FRAME_BYTES;
    const inPlace = compareInPlace(small ? 500 : 20_000, small ? 2 : 25 * rounds, anchors);
    const crossed = await crossProcesses({ windows: small ? 5 : 50 * rounds, frameBytes });
    const beside = await timesBesideStopped(small ? 500 : 20_000, small ? 2 : 5 * rounds);
    const tcpNs = await loopbackTcpNs(frameBytes, rounds);
    return {
      rows: [
        ...inPlace.rows,
        { name: "the same beside a stopped consumer", median: beside, unit: "x" },
        ...crossed.rows,
        { name: `loopback TCP, ${frameBytes} bytes`, median: tcpNs, unit: "ns" },
      ],
      targets: [
        ...inPlace.targets,
        {
          name: "beside a stopped consumer",
          achieved: beside,
          wanted: wanted.timesBesideStopped,
          unit: "x",
          better: "lower",
        },
        ...crossed.targets,
        {
          name: "frame against loopback TCP",
          achieved: tcpNs / crossed.frameNs,
          wanted: wanted.timesTcp,
          unit: "x",
          better: "higher",
        },
      ],
      leftOut: inPlace.leftOut,
      digest: digestOf(String(inPlace.sum), String(crossed.sum)),
    };
  },
};

const wanted = targets.pipeline;

interface Loop {
  readonly ns: number;
  readonly sum: number;
}

/** One thread: the fastest round of each, since a slower one tells of other processes. */
function compareInPlace(count: number, rounds: number, anchors: boolean) {
  const own = loopInPlace(count, rounds);
  const native = compiledAnchor("ring-loop", "dlfcn.h", ["dl"]);
  const rows: BenchRow[] = [{ name: "slot written and read in place, JavaScript", median: own.ns, unit: "ns" }];
  const reached: BenchTarget[] = [
    { name: "slot in place", achieved: own.ns, wanted: wanted.slotNs, unit: "ns", better: "lower" },
  ];
  const leftOut: string[] = [];
  if (native.ok) {
    const { ns } = outputOf<Loop>([...native.command, library, String(count), String(rounds)]);
    rows.push({ name: "slot written and read in place, C", median: ns, unit: "ns" });
    reached.push({
      name: "slot against C",
      achieved: own.ns / ns,
      wanted: wanted.timesNative,
      unit: "x",
      better: "lower",
    });
  } else leftOut.push(`C loop: ${native.reason}`);
  const rival = compiledAnchor(
    "iceoryx-ring",
    "iceoryx/v2.0.3/iceoryx_posh/popo/untyped_publisher.hpp",
    ["iceoryx_posh_roudi", "iceoryx_posh", "iceoryx_hoofs", "iceoryx_platform"],
    ["iceoryx/v2.0.3"],
  );
  if (anchors && rival.ok) {
    const { ns } = outputOf<Loop>([...rival.command, String(count), String(rounds)]);
    rows.push({ name: "the same through iceoryx, C++", median: ns, unit: "ns" });
    reached.push({
      name: "slot against iceoryx",
      achieved: ns / own.ns,
      wanted: wanted.timesIceoryx,
      unit: "x",
      better: "higher",
    });
  } else if (anchors && !rival.ok) leftOut.push(`iceoryx: ${rival.reason}`);
  return { rows, targets: reached, leftOut, sum: own.sum };
}

function loopInPlace(count: number, rounds: number): Loop {
  using exchange = new Exchange();
  let best = Number.POSITIVE_INFINITY;
  let sum = 0;
  for (let round = 0; round < rounds; round++) {
    const startNs = Bun.nanoseconds();
    sum = exchange.run(count);
    best = Math.min(best, (Bun.nanoseconds() - startNs) / count);
  }
  return { ns: best, sum };
}

interface Window {
  readonly ns: number;
  readonly isCalm: boolean;
}

async function crossProcesses({ windows, frameBytes }: { windows: number; frameBytes: number }) {
  await using pair = await RingPair.open(frameBytes);
  let sum = 0;
  const awake = measure(pair, windows, () => pair.awake(TRIPS, (i) => pair.ask(kinds.echo, i)) / 2);
  const asleep = measure(pair, windows, () => {
    const startNs = Bun.nanoseconds();
    while (Bun.nanoseconds() - startNs < ASLEEP_NS);
    const askedNs = Bun.nanoseconds();
    pair.ask(kinds.echo);
    return (Bun.nanoseconds() - askedNs) / 2;
  });
  const [small, large] = [64, frameBytes].map((bytes) =>
    measure(pair, windows, () => {
      return (
        pair.awake(TRIPS, (i) => {
          sum += pair.handOff(bytes, i);
        }) / 2
      );
    }),
  ) as [Measured, Measured];
  const rate = measure(pair, windows, () => {
    const startNs = Bun.nanoseconds();
    for (let i = 0; i < MESSAGES; i++) pair.send(kinds.count, 1);
    sum += pair.ask(kinds.report);
    return (Bun.nanoseconds() - startNs) / MESSAGES;
  });
  const perSecondRate = perSecond(1, rate.ns / 1e6);
  const handOffRatio = large.ns / small.ns;
  return {
    sum,
    frameNs: large.ns,
    rows: [
      row("one way between processes, both awake", awake),
      row("one way between processes, both asleep", asleep),
      row("frame handed over, 64 bytes", small),
      row(`frame handed over, ${frameBytes} bytes`, large),
      { ...row("messages between processes, none lost", rate), median: perSecondRate, unit: "messages/s" },
    ],
    targets: [
      { name: "one way, awake", achieved: awake.ns, wanted: wanted.oneWayNs, unit: "ns", better: "lower" },
      { name: "one way, asleep", achieved: asleep.ns, wanted: wanted.oneWayAsleepNs, unit: "ns", better: "lower" },
      {
        name: "33 MB against 64 bytes",
        achieved: handOffRatio,
        wanted: wanted.handOffRatio,
        unit: "x",
        better: "lower",
      },
      {
        name: "messages",
        achieved: perSecondRate,
        wanted: wanted.messagesPerSecond,
        unit: "messages/s",
        better: "higher",
      },
    ] satisfies BenchTarget[],
  };
}

/** Short windows, so that some of them pass undisturbed on a busy machine. */
const TRIPS = 20;
const MESSAGES = 1000;
/** By then a receiver that waits has fallen asleep; it spins for 2 microseconds. */
const ASLEEP_NS = 50_000;

interface Measured {
  readonly ns: number;
  readonly calm: number;
  readonly windows: number;
}

/** Times windows and leaves out those in which one of the two lost its core. */
function measure(pair: RingPair, count: number, run: () => number): Measured {
  const switches = () => process.resourceUsage().involuntaryContextSwitches + pair.ask(kinds.switches);
  run();
  const windows = Array.from({ length: count }, (): Window => {
    const before = switches();
    const ns = run();
    return { ns, isCalm: switches() === before };
  });
  const calm = windows.filter(({ isCalm }) => isCalm);
  return { ns: median((calm.length > 0 ? calm : windows).map(({ ns }) => ns)), calm: calm.length, windows: count };
}

function row(name: string, { ns, calm, windows }: Measured): BenchRow {
  return { name, median: ns, unit: "ns", note: `${calm} of ${windows} windows undisturbed` };
}

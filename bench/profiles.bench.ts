/**
 * The profiles of frames through shared memory, each beside the balanced one: `throughput` carries more frames a second, `latency` hands
 * them over younger, `reliability` finds every damaged one and goes on sooner where another process takes the sources over.
 *
 * Frames come from a process of their own, which only copies them: rates and ages are those of the exchange. In one run the profiles take
 * turns, every second round in reverse. Ages are of frames that come one by one, from the end of their writing to the reader's hand.
 */
import { type FrameProfileName, frameProfileNames, frameProfiles } from "@skyvox/cameras";
import { type Exchanged, type ExchangeSize, exchangeFrames, findDamaged, recoverMs } from "./frame-exchange.ts";
import {
  type Bench,
  type BenchOptions,
  type BenchResult,
  type BenchRow,
  type BenchTarget,
  digestOf,
  median,
} from "./harness.ts";
import { targets } from "./targets.ts";

const wanted = targets.profiles;
const fullHd: ExchangeSize = { widthPx: 1920, heightPx: 1080, fastFrames: 300, pacedFrames: 60 };
const smallest: ExchangeSize = { widthPx: 320, heightPx: 180, fastFrames: 60, pacedFrames: 20 };

export const bench: Bench = {
  name: "profiles",
  subject: "pipeline",
  async run({ small, rounds }: BenchOptions): Promise<BenchResult> {
    const size = small ? smallest : fullHd;
    const runs = await takeTurns(size, small ? 1 : rounds);
    const recovered = await recoveries(size, small ? 2 : 10);
    const damaged = small ? 4 : 32;
    const found = new Map<FrameProfileName, number>();
    for (const profile of frameProfileNames) found.set(profile, await findDamaged(profile, size, damaged));
    const rate = (profile: FrameProfileName) => median(runs.get(profile)!.map((run) => run.framesPerSecond));
    const age = (profile: FrameProfileName, share: number) =>
      quantile(
        runs.get(profile)!.flatMap(({ ageUs }) => ageUs),
        share,
      );
    const rows = frameProfileNames.flatMap((profile): BenchRow[] => [
      { name: `${profile}: frames through`, median: rate(profile), unit: "frames/s" },
      { name: `${profile}: write to read, p50`, median: age(profile, 0.5), unit: "us" },
      { name: `${profile}: write to read, p99`, median: age(profile, 0.99), unit: "us" },
    ]);
    const recovery = ([profile, ms]: readonly [FrameProfileName, number]): BenchRow => {
      return { name: `${profile}: heard again`, median: ms, unit: "ms" };
    };
    return {
      rows: [...rows, ...[...recovered].map(recovery), ...foundRows(found, damaged)],
      targets: [
        target("throughput: times the frames/s", rate("throughput") / rate("balanced"), wanted.timesThroughput),
        target("latency: times as young, p50", age("balanced", 0.5) / age("latency", 0.5), wanted.timesLatency),
        target("reliability: damaged found", found.get("reliability")! / damaged, wanted.foundShare),
        target(
          "reliability: times as soon",
          recovered.get("balanced")! / recovered.get("reliability")!,
          wanted.timesRecovery,
        ),
      ],
      digest: digestOf(
        ...frameProfileNames.map((profile) => `${profile} ${runs.get(profile)?.[0]?.sum} ${found.get(profile)}`),
      ),
    };
  },
};

async function takeTurns(size: ExchangeSize, rounds: number): Promise<Map<FrameProfileName, Exchanged[]>> {
  const runs = new Map<FrameProfileName, Exchanged[]>(frameProfileNames.map((profile) => [profile, []]));
  for (let round = 0; round < rounds; round++) {
    const turn = round % 2 === 0 ? frameProfileNames : frameProfileNames.toReversed();
    for (const profile of turn) runs.get(profile)?.push(await exchangeFrames(profile, size));
  }
  return runs;
}

/** Both of the profiles that differ in it, over waits spread evenly over the time after which the slower one asks again. */
async function recoveries(size: ExchangeSize, waits: number): Promise<Map<FrameProfileName, number>> {
  const medians = new Map<FrameProfileName, number>();
  for (const profile of ["balanced", "reliability"] as const) {
    const times: number[] = [];
    for (let i = 0; i < waits; i++)
      times.push(await recoverMs(profile, size, ((i + 0.5) / waits) * frameProfiles.balanced.repeatMs));
    medians.set(profile, median(times));
  }
  return medians;
}

/** A row for each profile that found some; the others are named in its note. */
function foundRows(found: ReadonlyMap<FrameProfileName, number>, damaged: number): BenchRow[] {
  const none = [...found].filter(([, count]) => count === 0).map(([profile]) => profile);
  return [...found]
    .filter(([, count]) => count > 0)
    .map(([profile, count]) => ({
      name: `${profile}: damaged frames found`,
      median: count,
      unit: "frames",
      note: `of ${damaged}; without checksums none: ${none.join(", ")}`,
    }));
}

function target(name: string, achieved: number, least: number): BenchTarget {
  return { name, achieved, wanted: least, unit: "x", better: "higher" };
}

/** The value below which a share of the values lies. */
function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

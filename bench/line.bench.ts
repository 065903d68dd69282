/**
 * The line on simulated pictures: what one frame set of several cameras costs from pixels to tracks; the cpu kernels take one thread.
 *
 * Pictures are rendered before the clock starts. Every round plays the same frame sets through a fresh line and tracker.
 */
import { FrameSetAssembler, type Site, siteFromScene } from "@skyvox/cameras";
import type { Frame, Observation, TrackUpdate } from "@skyvox/core";
import type { KernelsAdapter } from "@skyvox/kernels";
import { observe, openLine, reconstruct } from "@skyvox/reconstruction";
import { demoScene, pairScene } from "@skyvox/scene";
import { Tracker } from "@skyvox/tracking";
import { type Bench, type BenchOptions, type BenchResult, digestOf, interleave, memcpyVariant } from "./harness.ts";
import { renderedFrames } from "./rendered-frames.ts";
import { targets } from "./targets.ts";

export const bench: Bench = {
  name: "line",
  subject: "line",
  async run({ small, rounds, adapter }: BenchOptions): Promise<BenchResult> {
    const site = small
      ? siteFromScene(pairScene(1), "scene:pair?seed=1&frames=12")
      : siteFromScene(demoScene(1), "scene:demo?seed=1&frames=90");
    const frames = await renderedFrames(site);
    let outcome: Outcome = { updates: [], rayCount: 0, setCount: 1 };
    const timings = await interleave(
      [
        {
          name: "line",
          run: async () => {
            outcome = await play(site, frames, adapter);
          },
        },
        memcpyVariant(small ? 2 ** 20 : 2 ** 26),
      ],
      rounds,
    );
    const medianMs = timings[0]?.medianMs ?? Number.NaN;
    const setMs = medianMs / outcome.setCount;
    const pixelRate = frames.reduce((sum, { pixels }) => sum + pixels.length, 0) / (medianMs / 1000);
    return {
      rows: [
        { name: "frame set, pixels to tracks", median: setMs, unit: "ms", note: `${site.cameras.length} cameras` },
        { name: "frame sets", median: 1000 / setMs, unit: "sets/s" },
        { name: "pixels", median: pixelRate / 1e6, unit: "MPx/s" },
        { name: "rays", median: (outcome.rayCount * 1000) / medianMs, unit: "rays/s", note: "in the whole line" },
      ],
      targets: [{ name: "frame set", achieved: setMs, wanted: targets.endToEndMsP99, unit: "ms", better: "lower" }],
      digest: digestOf(JSON.stringify(outcome.updates.map(({ id, state, positionEnuM }) => [id, state, positionEnuM]))),
    };
  },
};

interface Outcome {
  readonly updates: readonly TrackUpdate[];
  readonly rayCount: number;
  readonly setCount: number;
}

async function play(site: Site, frames: readonly Frame[], adapter: KernelsAdapter): Promise<Outcome> {
  using kernels = await adapter.open({ threads: 1 });
  using line = openLine(site, kernels);
  const assembler = new FrameSetAssembler<Observation>({
    cameras: line.cameras.map(({ id }) => id),
    deadlineMs: null,
  });
  const tracker = new Tracker();
  const outcome = { updates: [] as readonly TrackUpdate[], rayCount: 0, setCount: 0 };
  const take = async (sets: ReturnType<typeof assembler.finish>): Promise<void> => {
    for (const set of sets) {
      const { timeNs, detections, rayCount } = await reconstruct(line, set);
      outcome.updates = tracker.step(timeNs, detections);
      outcome.rayCount += rayCount;
      outcome.setCount += 1;
    }
  };
  for (const frame of frames) await take(assembler.push(frame.captureNs, await observe(line, frame)));
  await take(assembler.finish());
  return outcome;
}

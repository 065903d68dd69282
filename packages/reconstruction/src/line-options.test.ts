import { expect, test } from "bun:test";
import { parseSite, type Site, siteFromScene } from "@skyvox/cameras";
import { distance } from "@skyvox/core";
import { pairScene, type Scene, type SceneTarget, truthAt } from "@skyvox/scene";
import { lastOf, playScene } from "../testing/play-scene.ts";
import type { Reconstruction } from "./line.ts";

const scene = pairScene(1);
const STEP_S = 1 / 30;

function siteWith(options: object, of: Scene = scene): Site {
  const plain = siteFromScene(of, "scene:pair");
  return parseSite({ ...plain, options }, "test");
}

/** The share of targets, over the frame sets from `from` on, that a detection lies within `withinM` of. */
function foundShare(of: Scene, results: readonly Reconstruction[], from: number, withinM: number): number {
  let [found, wanted] = [0, 0];
  for (const { timeNs, detections } of results.slice(from)) {
    for (const { positionEnuM } of truthAt(of, Number(timeNs) / 1e9)) {
      wanted += 1;
      if (detections.some((detection) => distance(detection.positionEnuM, positionEnuM) < withinM)) found += 1;
    }
  }
  return found / wanted;
}

const withTargets = (change: (target: SceneTarget) => Partial<SceneTarget>): Scene => ({
  ...scene,
  targets: scene.targets.map((target) => ({ ...target, ...change(target) })),
});

test("Rays through blobs find the same targets as rays through cells, with far fewer rays", async () => {
  const play = { scene, frameCount: 30, stepS: STEP_S };
  const cells = await playScene({ ...play, site: siteWith({ rays: "cells" }) });
  const blobs = await playScene({ ...play, site: siteWith({ rays: "blobs" }) });
  expect(foundShare(scene, blobs, 10, 0.25)).toBeGreaterThan(0.9);
  const rays = (results: readonly Reconstruction[]) =>
    results.slice(10).reduce((sum, { rayCount }) => sum + rayCount, 0);
  expect(rays(cells)).toBeGreaterThan(5 * rays(blobs));
}, 60_000);

test("Targets too faint for the threshold are found as spots", async () => {
  // A pixel is 7 cm where they fly and they are dark by about 16 grey levels at the core, spread over nine pixels.
  const faint = withTargets(() => ({ radiusM: 0.08, contrast: -0.14 }));
  const motion = { mode: "gaussian", threshold: 16 };
  const play = { scene: faint, frameCount: 40, stepS: STEP_S };
  const without = await playScene({ ...play, site: siteWith({ motion }, faint) });
  expect(foundShare(faint, without, 20, 0.3)).toBeLessThan(0.1);
  const found = await playScene({ ...play, site: siteWith({ motion, spots: { falseAlarmsPerFrame: 2 } }, faint) });
  expect(foundShare(faint, found, 20, 0.3)).toBeGreaterThan(0.9);
}, 60_000);

test("A target that stops stays seen by mode gaussian and fades from the others", async () => {
  const STOP_S = 1;
  const stopping = withTargets(({ pathAt }) => ({
    pathAt: (t) => (t < STOP_S ? pathAt(t) : { positionEnuM: pathAt(STOP_S).positionEnuM, velocityEnuMps: [0, 0, 0] }),
  }));
  // It moves for 10 frames and stands for 50; the median catches up with some 100 grey levels in 25 frames of 4.
  const play = { scene: stopping, frameCount: 60, stepS: 0.1 };
  const share = async (motion: object) => {
    const results = await playScene({ ...play, site: siteWith({ motion }, stopping) });
    return foundShare(stopping, [lastOf(results)], 0, 0.3);
  };
  expect(await share({ mode: "gaussian" })).toBe(1);
  expect(await share({ mode: "sigmaDelta", step: 4 })).toBe(0);
}, 60_000);

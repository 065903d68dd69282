import { expect, test } from "bun:test";
import { parseSite, type SiteInput, siteFromScene } from "@skyvox/cameras";
import { add, type CameraId, cameraId, distance, type Vec3 } from "@skyvox/core";
import { pairScene, type Scene, truthAt } from "@skyvox/scene";
import { playScene } from "../testing/play-scene.ts";

const mono = pairScene(1);
const BESIDE_M: Vec3 = [0.05, 0.05, 0.15];

/** The pair scene with a thermal camera of half the pixels beside each camera. */
const paired: Scene = { ...mono, cameras: [...mono.cameras, ...mono.cameras.map(thermalBeside)] };

function thermalBeside(camera: Scene["cameras"][number]): Scene["cameras"][number] {
  const { intrinsics, pose } = camera;
  return {
    ...camera,
    id: thermalOf(camera.id),
    intrinsics: { ...intrinsics, widthPx: 160, heightPx: 120, fxPx: 120, fyPx: 120, cxPx: 79.5, cyPx: 59.5 },
    pose: { ...pose, cameraInEnuM: add(pose.cameraInEnuM, BESIDE_M) },
  };
}

function thermalOf(id: CameraId): CameraId {
  return cameraId(`${id}-thermal`);
}

function pairedSite(options: object = {}) {
  const site = siteFromScene(paired, "scene:pair");
  const cameras = site.cameras.map((camera, index) =>
    index < mono.cameras.length ? { ...camera, thermal: { camera: thermalOf(camera.id), rangeM: 17 } } : camera,
  );
  return parseSite({ ...site, cameras, options: { viewsMin: 3, ...options } } satisfies SiteInput, "test");
}

const invisible: Scene = { ...paired, targets: paired.targets.map((target) => ({ ...target, contrast: 0 })) };
const isThermal = (id: CameraId) => id.endsWith("-thermal");
const play = { scene: paired, frameCount: 30, stepS: 1 / 30 };

test("What only the thermal cameras of pairs see is found where it is", async () => {
  const seenBy = (id: CameraId) => (isThermal(id) ? paired : invisible);
  const results = await playScene({ ...play, site: pairedSite(), seenBy });
  let [found, wanted] = [0, 0];
  for (const { timeNs, detections } of results.slice(15)) {
    for (const { positionEnuM } of truthAt(paired, Number(timeNs) / 1e9)) {
      wanted += 1;
      if (detections.some((detection) => distance(detection.positionEnuM, positionEnuM) < 0.5)) found += 1;
    }
  }
  expect(found / wanted).toBeGreaterThan(0.9);
}, 60_000);

test("A thermal camera that sees nothing takes nothing away", async () => {
  const seenBy = (id: CameraId) => (isThermal(id) ? invisible : paired);
  const results = await playScene({ ...play, site: pairedSite(), seenBy });
  const alone = await playScene({ ...play, scene: mono, site: siteFromScene(mono, "scene:pair") });
  expect(results.map(({ detections }) => detections)).toEqual(alone.map(({ detections }) => detections));
  expect(alone.at(-1)?.detections.length).toBeGreaterThan(0);
}, 60_000);

test("A pair whose thermal frame is missing or flooded goes on alone", async () => {
  const short = { ...play, frameCount: 8 };
  const alone = await playScene({ ...short, scene: mono, site: siteFromScene(mono, "scene:pair") });
  const missing = await playScene({ ...short, site: pairedSite(), seenBy: (id) => (isThermal(id) ? null : paired) });
  const seenBy = (id: CameraId) => (isThermal(id) ? flashing : paired);
  const flooded = await playScene({ ...short, site: pairedSite(), seenBy });
  expect(missing.map(({ detections }) => detections)).toEqual(alone.map(({ detections }) => detections));
  expect(flooded.map(({ detections }) => detections)).toEqual(alone.map(({ detections }) => detections));
  // Unless told that a flood is nothing special: then the pairs cast what the thermal cameras see.
  const believed = await playScene({ ...short, site: pairedSite({ floodedFraction: 1 }), seenBy });
  expect(believed.at(-1)?.rayCount).toBeGreaterThan(2 * (alone.at(-1)?.rayCount ?? 0));
}, 60_000);

/** A body before the lens: half of the picture and more is in motion from the second frame on. */
const flashing: Scene = {
  ...invisible,
  clutter: paired.cameras.map(({ pose }) => ({
    radiusM: 2,
    contrast: -0.9,
    pathAt: (t: number) => ({
      positionEnuM: add(pose.cameraInEnuM, aheadOf(pose.cameraFromEnu, t > 0 ? 1 : -1)),
      velocityEnuMps: [0, 0, 0] as Vec3,
    }),
  })),
};

/** A vector of so many metres along the optical axis, the third row of the rotation. */
function aheadOf(cameraFromEnu: Scene["cameras"][number]["pose"]["cameraFromEnu"], metres: number): Vec3 {
  return [6, 7, 8].map((at) => (cameraFromEnu[at] ?? 0) * metres) as [number, number, number];
}

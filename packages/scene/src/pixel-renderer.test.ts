import { expect, test } from "bun:test";
import { cameraId, createPrng, lookAt, project, type Vec3 } from "@skyvox/core";
import { createCloudView } from "./cloud-field.ts";
import { pixelPreset, pixelPresetNames, rangeScene } from "./pixel-presets.ts";
import { createPixelRenderer } from "./pixel-renderer.ts";
import { frameTimeS, type PixelBody, type PixelCamera, type PixelScene, transmission } from "./pixel-scene.ts";
import { monoSensor, noiseSigmaGrey, thermalSensor } from "./sensor.ts";
import { createSensorNoise } from "./sensor-noise.ts";

const WIDTH_PX = 320;
const HEIGHT_PX = 240;
const sensor = monoSensor({ focalMm: 200, fNumber: 4 });
const focalPx = 1 / sensor.pixelAngleRad;
const pose = lookAt({ cameraInEnuM: [0, 0, 0], targetEnuM: [0, 5000, 0] });
const camera: PixelCamera = {
  id: cameraId("a"),
  intrinsics: {
    widthPx: WIDTH_PX,
    heightPx: HEIGHT_PX,
    fxPx: focalPx,
    fyPx: focalPx,
    cxPx: (WIDTH_PX - 1) / 2,
    cyPx: (HEIGHT_PX - 1) / 2,
    distortion: [0, 0, 0, 0, 0],
  },
  sensor,
  pose,
  truePose: pose,
  frameRateHz: 25,
  clockOffsetS: 0,
  jitterPx: 0,
  lineTimeS: 0,
  hotPixelCount: 0,
};

/** A body that stands, or flies, through a point 5 km ahead at time 0. */
function bodyAt(positionEnuM: Vec3, velocityEnuMps: Vec3 = [0, 0, 0], changes: Partial<PixelBody> = {}) {
  const pathAt = (t: number) => ({
    positionEnuM: positionEnuM.map((it, axis) => it + t * (velocityEnuMps[axis] ?? 0)) as [...Vec3],
    velocityEnuMps,
  });
  return { name: "t", radiusM: 0.1, fill: 0.35, contrast: -0.9, warmthK: 8, flapHz: 0, pathAt, ...changes };
}

function sceneOf(changes: Partial<PixelScene> = {}): PixelScene {
  return {
    name: "test",
    seed: 1,
    volume: { minM: [-100, 4900, -100], maxM: [100, 5100, 100], voxelSizeM: 1 },
    air: { visibilityM: 23_000, thermalExtinctionPerM: 1e-4, cloudBaseM: null, windMps: [0, 0] },
    cameras: [camera],
    pairs: new Map(),
    targets: [bodyAt([1, 5000, -0.5])],
    clutter: [],
    ...changes,
  };
}

/** The mean of so many frames of one instant, and the variance of a pixel about it. */
function meanOf(scene: PixelScene, of: PixelCamera, frameCount: number): { mean: Float64Array; variance: number } {
  // Frames of one instant: the scene stands still.
  const renderer = createPixelRenderer(scene, of);
  const { widthPx, heightPx } = of.intrinsics;
  const out = new Uint8Array(widthPx * heightPx);
  const [sum, square] = [new Float64Array(out.length), new Float64Array(out.length)];
  for (let frame = 0; frame < frameCount; frame++) {
    renderer.render(frame, out);
    for (let i = 0; i < out.length; i++) {
      sum[i]! += out[i]!;
      square[i]! += out[i]! ** 2;
    }
  }
  const mean = sum.map((it) => it / frameCount);
  const variance = square.reduce((all, it, i) => all + it / frameCount - mean[i]! ** 2, 0) / out.length;
  return { mean, variance: (variance * frameCount) / (frameCount - 1) };
}

test("Noise has the variance of counting, reading and rounding, and no mean", () => {
  const { mean, variance } = meanOf(sceneOf({ targets: [] }), camera, 40);
  const expected = noiseSigmaGrey(sensor, sensor.skyGrey) ** 2 + 1 / 12;
  // 3 million samples: a relative sigma of 0.8e-3.
  expect(Math.abs(variance / expected - 1)).toBeLessThan(0.005);
  const average = mean.reduce((sum, it) => sum + it, 0) / mean.length;
  expect(Math.abs(average - sensor.skyGrey)).toBeLessThan(0.02);
  // What stays from frame to frame are the response errors: half a per cent of the level, and a fortieth of the noise.
  const fixed = mean.reduce((sum, it) => sum + (it - average) ** 2, 0) / mean.length - variance / 40;
  expect(Math.sqrt(fixed) / (0.005 * sensor.skyGrey)).toBeCloseTo(1, 1);
});

test("Noise grows with the level as the root of it, and is the same at any level for a thermal sensor", () => {
  const prng = createPrng(3);
  const spreadOf = (kind: typeof sensor, level: number): number => {
    const [field, out] = [new Float32Array(256 * 256).fill(level), new Uint8Array(256 * 256)];
    createSensorNoise({ ...kind, responseSigma: 0 }, 256, 256, prng.fork(`${kind.kind} ${level}`)).expose(
      0,
      field,
      out,
    );
    const mean = out.reduce((sum, it) => sum + it, 0) / out.length;
    return out.reduce((sum, it) => sum + (it - mean) ** 2, 0) / out.length - 1 / 12;
  };
  for (const level of [20, 80, 200]) {
    expect(Math.abs(spreadOf(sensor, level) / noiseSigmaGrey(sensor, level) ** 2 - 1)).toBeLessThan(0.03);
    const thermal = thermalSensor({ focalMm: 200, netdMk: 30 });
    expect(Math.abs(spreadOf(thermal, level) / noiseSigmaGrey(thermal, 0) ** 2 - 1)).toBeLessThan(0.03);
  }
});

test("A target takes away the light of its solid area through haze, and stands where it projects to", () => {
  const scene = sceneOf();
  const clear = meanOf(sceneOf({ targets: [] }), camera, 60).mean;
  const { mean } = meanOf(scene, camera, 60);
  const [sighting] = createPixelRenderer(scene, camera).sightings(0);
  const [u, v] = project(camera.intrinsics, pose, [1, 5000, -0.5]) ?? [0, 0];
  expect([sighting?.u, sighting?.v]).toEqual([u, v]);
  let [flux, byU, byV] = [0, 0, 0];
  for (let y = -8; y <= 8; y++) {
    for (let x = -8; x <= 8; x++) {
      const at = (Math.round(v) + y) * WIDTH_PX + Math.round(u) + x;
      const missing = clear[at]! - mean[at]!;
      flux += missing;
      byU += missing * (Math.round(u) + x - u);
      byV += missing * (Math.round(v) + y - v);
    }
  }
  // By hand: 180 levels · 0.9 · 0.4272 (23 km) · 0.35 · π (1.25 px)².
  const expected = 180 * 0.9 * 0.4272 * 0.35 * Math.PI * 1.25 ** 2;
  // 289 pixels of a sigma of 1.8 levels, averaged over twice 60 frames, leave 5.6 levels of doubt.
  expect(Math.abs(flux - expected)).toBeLessThan(17);
  expect(Math.abs(byU / flux)).toBeLessThan(0.3);
  expect(Math.abs(byV / flux)).toBeLessThan(0.3);
});

test("What may be known of a target agrees with the table of requirements at 5 km", () => {
  // Dark target, contrast -0.9, visibility 23 km: d = 5.33 at 100 mm and f/2.8, where the silhouette is a point; -0.4 gives 2.37.
  for (const [contrast, expected] of [
    [-0.9, 5.33],
    [-0.4, 2.37],
  ] as const) {
    const short = monoSensor({ focalMm: 100, fNumber: 2.8 });
    const fxPx = 1 / short.pixelAngleRad;
    const wide = { ...camera, sensor: short, intrinsics: { ...camera.intrinsics, fxPx, fyPx: fxPx } };
    const scene = sceneOf({ targets: [bodyAt([0, 5000, 0], [0, 0, 0], { contrast })] });
    const [sighting] = createPixelRenderer(scene, wide).sightings(0);
    // The table's filter has the gain 1 / √(4 π s² + 1) of a point; here disc and pixel widen it, and grey levels are whole.
    const widened = 4 * Math.PI * (0.85 ** 2 + 1 / 12 + 0.625 ** 2 / 4);
    const rounded = 1 + 1 / 12 / noiseSigmaGrey(short, 180) ** 2;
    const ours = expected * Math.sqrt((4 * Math.PI * 0.85 ** 2 + 1) / widened / rounded);
    expect(Math.abs((sighting?.snr ?? 0) / ours - 1)).toBeLessThan(0.01);
  }
});

test("Air leaves 2 % of a contrast at the distance of visibility", () => {
  const { air } = sceneOf();
  expect(transmission(air, "mono", 23_000)).toBeCloseTo(0.02, 4);
  expect(transmission(air, "thermal", 10_000)).toBeCloseTo(Math.exp(-1), 12);
});

test("A warm target is brighter than the sky in a thermal picture", () => {
  const thermal = thermalSensor({ focalMm: 200, netdMk: 30 });
  const fxPx = 1 / thermal.pixelAngleRad;
  const other = { ...camera, sensor: thermal, intrinsics: { ...camera.intrinsics, fxPx, fyPx: fxPx } };
  const { mean } = meanOf(sceneOf({ targets: [bodyAt([0, 2000, 0])] }), other, 20);
  expect(Math.max(...mean)).toBeGreaterThan(thermal.skyGrey + 5);
});

test("Rows are exposed one after the other: a target is seen where it was at the time of its row", () => {
  const rolling = { ...camera, lineTimeS: 20e-6 };
  const scene = sceneOf({ targets: [bodyAt([0, 5000, 8], [30, 0, 5])] });
  const [sighting] = createPixelRenderer(scene, rolling).sightings(0);
  // Row v is (v - 120) · 20 µs late; at that time the target stands at 30 t east, 8 + 5 t up.
  const lateS = ((sighting?.v ?? 0) - HEIGHT_PX / 2) * 20e-6;
  const [u, v] = project(camera.intrinsics, pose, [30 * lateS, 5000, 8 + 5 * lateS]) ?? [0, 0];
  expect(sighting?.u).toBeCloseTo(u, 5);
  expect(sighting?.v).toBeCloseTo(v, 5);
  expect(Math.abs(lateS)).toBeGreaterThan(1e-3);
});

test("A clock that is off and a mast that shakes move what is seen, by what they are said to", () => {
  const off = { ...camera, clockOffsetS: 0.1 };
  expect(frameTimeS(off, 50)).toBeCloseTo(1.9, 12);
  const shaking = { ...camera, jitterPx: 0.3 };
  const renderer = createPixelRenderer(sceneOf(), shaking);
  const [u0, v0] = project(camera.intrinsics, pose, [1, 5000, -0.5]) ?? [0, 0];
  const shifts = Array.from({ length: 2000 }, (_, frame) => renderer.sightings(frame)[0]).flatMap((it) => [
    (it?.u ?? 0) - u0,
    (it?.v ?? 0) - v0,
  ]);
  const sigma = Math.sqrt(shifts.reduce((sum, it) => sum + it * it, 0) / shifts.length);
  // 4000 draws: right to 1.1 %.
  expect(Math.abs(sigma / 0.3 - 1)).toBeLessThan(0.05);
});

test("Clouds drift with the wind and pale with distance", () => {
  const up = lookAt({ cameraInEnuM: [0, 0, 0], targetEnuM: [0, 100, 100] });
  const wide = monoSensor({ focalMm: 10, fNumber: 4 });
  const fxPx = 1 / wide.pixelAngleRad;
  const optics = { intrinsics: { ...camera.intrinsics, fxPx, fyPx: fxPx }, pose: up, sensor: wide };
  const air = { visibilityM: 23_000, thermalExtinctionPerM: 1e-4, cloudBaseM: 2500, windMps: [10, 0] as const };
  const first = [...createCloudView(optics, air, 7).gridAt(0).grey];
  const view = createCloudView(optics, air, 7);
  expect([...view.gridAt(0).grey]).toEqual(first);
  expect([...view.gridAt(30).grey]).not.toEqual(first);
  // Seen from 300 m further east half a minute later, the sheet looks the same.
  const east = { ...optics, pose: { ...up, cameraInEnuM: [300, 0, 0] as Vec3 } };
  for (const [at, grey] of createCloudView(east, air, 7).gridAt(30).grey.entries())
    expect(grey).toBeCloseTo(first[at]!, 3);
  const hazy = createCloudView(optics, { ...air, visibilityM: 5000 }, 7).gridAt(0).grey;
  for (const [at, grey] of hazy.entries()) expect(grey).toBeLessThanOrEqual(first[at]!);
  expect(Math.max(...first)).toBeGreaterThan(1);
});

test("A seed gives the same bytes, another seed others", () => {
  const scene = (seed: number) => pixelPreset("short-range", seed);
  const bytes = (seed: number, frame: number) => {
    const of = scene(seed).cameras[0]!;
    const out = new Uint8Array(of.intrinsics.widthPx * of.intrinsics.heightPx);
    createPixelRenderer(scene(seed), of).render(frame, out);
    return Bun.hash(out);
  };
  expect(bytes(1, 3)).toBe(bytes(1, 3));
  expect(bytes(1, 4)).not.toBe(bytes(1, 3));
  expect(bytes(2, 3)).not.toBe(bytes(1, 3));
});

test("Every preset shows all its targets, in every picture, at any time", () => {
  for (const name of pixelPresetNames) {
    const scene = pixelPreset(name, 3);
    const { minM, maxM } = scene.volume;
    for (const { intrinsics, pose: measured } of scene.cameras) {
      for (const t of [0, 1.3, 17]) {
        for (const { pathAt } of scene.targets) {
          const { positionEnuM } = pathAt(t);
          for (const axis of [0, 1, 2] as const) {
            expect(positionEnuM[axis]).toBeGreaterThan(minM[axis]);
            expect(positionEnuM[axis]).toBeLessThan(maxM[axis]);
          }
          const [u, v] = project(intrinsics, measured, positionEnuM) ?? [-1, -1];
          expect(u).toBeGreaterThan(0.05 * intrinsics.widthPx);
          expect(u).toBeLessThan(0.95 * intrinsics.widthPx);
          expect(v).toBeGreaterThan(0.02 * intrinsics.heightPx);
          expect(v).toBeLessThan(0.98 * intrinsics.heightPx);
        }
      }
    }
    expect([...scene.pairs.keys()]).toHaveLength(scene.cameras.length / 2);
  }
});

test("A range scene has its targets at their ranges and apart from each other", () => {
  const rangesM = Array.from({ length: 24 }, (_, index) => 500 + 400 * index);
  const scene = rangeScene({ seed: 1, focalMm: 200, fNumber: 4, contrast: -0.9, rangesM });
  const sightings = createPixelRenderer(scene, scene.cameras[0]!).sightings(0);
  expect(sightings).toHaveLength(24);
  for (const [index, { rangeM, isInside, u, v }] of sightings.entries()) {
    expect(Math.abs(rangeM / rangesM[index]! - 1)).toBeLessThan(1e-3);
    expect(isInside).toBe(true);
    const others = sightings.filter((_, other) => other !== index);
    expect(Math.min(...others.map((other) => Math.hypot(other.u - u, other.v - v)))).toBeGreaterThan(20);
  }
});

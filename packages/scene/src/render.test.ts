import { expect, test } from "bun:test";
import {
  AssertionError,
  add,
  cameraId,
  cross,
  distance,
  type Intrinsics,
  inverse3,
  lookAt,
  type Mat3,
  normalize,
  type PixelUv,
  project,
  scale,
  transform3,
  unproject,
  type Vec3,
} from "@skyvox/core";
import { pairScene } from "./presets.ts";
import { createRenderer } from "./render.ts";
import type { Scene, SceneBody, SceneCamera } from "./scene.ts";

const lens = (sizePx: number, focalPx: number): Intrinsics => ({
  widthPx: sizePx,
  heightPx: sizePx,
  fxPx: focalPx,
  fyPx: focalPx,
  cxPx: (sizePx - 1) / 2,
  cyPx: (sizePx - 1) / 2,
  distortion: [-0.05, 0.01, 0, 0, 0],
});

const upwards = (name: string, cameraInEnuM: Vec3, targetEnuM: Vec3, intrinsics: Intrinsics): SceneCamera => ({
  id: cameraId(name),
  intrinsics,
  pose: lookAt({ cameraInEnuM, targetEnuM }),
  frameRateHz: 30,
  clockOffsetS: 0,
  dropRate: 0,
  noiseSigma: 0,
  hotPixelCount: 0,
});

const still = (positionEnuM: Vec3, radiusM: number, contrast: number): SceneBody => ({
  radiusM,
  contrast,
  pathAt: () => ({ positionEnuM, velocityEnuMps: [0, 0, 0] }),
});

const sceneOf = (cameras: SceneCamera[], bodies: SceneBody[]): Scene => ({
  ...pairScene(1),
  cameras,
  targets: bodies.map((body, index) => ({ ...body, name: `body-${index}` })),
  clutter: [],
});

/** Renders frames and returns the mean share of light that is missing (or added, for bright bodies) per pixel. */
function meanCoverage(scene: Scene, camera: SceneCamera, frameCount: number): Float64Array {
  const pixelCount = camera.intrinsics.widthPx * camera.intrinsics.heightPx;
  const empty = new Uint8Array(pixelCount);
  createRenderer({ ...scene, targets: [] }, camera).render(0, 0, empty);
  const renderer = createRenderer(scene, camera);
  const frame = new Uint8Array(pixelCount);
  const sum = new Float64Array(pixelCount);
  for (let frameIndex = 0; frameIndex < frameCount; frameIndex++) {
    renderer.render(0, frameIndex, frame);
    for (let i = 0; i < pixelCount; i++) sum[i]! += frame[i]! - empty[i]!;
  }
  return sum.map((value, i) => value / frameCount / empty[i]!);
}

function momentsOf(image: Float64Array, widthPx: number): { flux: number; centre: PixelUv } {
  let [flux, u, v] = [0, 0, 0];
  for (const [i, value] of image.entries()) {
    flux += value;
    u += value * (i % widthPx);
    v += value * Math.floor(i / widthPx);
  }
  return { flux, centre: [u / flux, v / flux] };
}

test("Rendered target has the centroid of its projected truth within 0.02 px and the flux of its area, 0.3 px to 10 px", () => {
  const camera = upwards("a", [0, 0, 2], [0, 20, 17], lens(40, 400));
  for (const [diameterPx, frameCount] of [
    [0.3, 12_000],
    [1, 1500],
    [3, 200],
    [10, 40],
  ] as const) {
    for (const pixel of [
      [19, 20],
      [19.5, 19.25],
      [20.13, 18.63],
    ] as const) {
      const direction = unproject(camera.intrinsics, camera.pose, pixel);
      if (!direction) throw new Error("pixel in view");
      const truth = add(camera.pose.cameraInEnuM, scale(direction, 25));
      // On the axis a disc of radius R at 25 m is 400 R / 25 px in radius.
      const radiusM = (diameterPx / 2) * (25 / 400);
      const scene = sceneOf([camera], [still(truth, radiusM, -0.9)]);
      const { flux, centre } = momentsOf(meanCoverage(scene, camera, frameCount), 40);
      const projected = project(camera.intrinsics, camera.pose, truth) ?? [Number.NaN, Number.NaN];
      expect(Math.abs(centre[0] - projected[0])).toBeLessThan(0.02);
      expect(Math.abs(centre[1] - projected[1])).toBeLessThan(0.02);
      expect(Math.abs(flux / (-0.9 * (Math.PI / 4) * diameterPx ** 2) - 1)).toBeLessThan(0.02);
    }
  }
});

test("Rendered target brighter than the sky adds its flux", () => {
  const camera = upwards("a", [0, 0, 2], [0, 20, 17], lens(40, 400));
  const scene = sceneOf([camera], [still([0, 20, 17], 0.125, 0.5)]);
  // 2 px in radius at 25 m.
  expect(momentsOf(meanCoverage(scene, camera, 50), 40).flux).toBeCloseTo(0.5 * Math.PI * 4, 0);
});

test("Rendered cameras agree: centroids of four views meet within a centimetre of the truth at 30 m", () => {
  const truth: Vec3 = [1.3, -0.7, 15.2];
  const cameras = (
    [
      [26, 0, 2],
      [0, 26, 3],
      [-26, 2, 1.5],
      [3, -26, 6],
    ] as const
  ).map((place, index) => upwards(`camera-${index}`, place, add(truth, [0.3, -0.2, 0.1 * index]), lens(96, 800)));
  const scene = sceneOf(cameras, [still(truth, 0.3, -0.8)]);
  const rays = cameras.map((camera) => {
    const { centre } = momentsOf(meanCoverage(scene, camera, 4), 96);
    const direction = unproject(camera.intrinsics, camera.pose, centre);
    if (!direction) throw new Error("centroid in view");
    return { origin: camera.pose.cameraInEnuM, direction };
  });
  expect(distance(meetingPoint(rays), truth)).toBeLessThan(0.01);
});

test("Rendered nearer target hides the farther one, whatever their order in the scene", () => {
  const camera = upwards("a", [0, 0, 2], [0, 20, 17], lens(40, 400));
  const axis = normalize([0, 20, 15]);
  const near = still(add([0, 0, 2], scale(axis, 20)), 0.4, 0.6);
  const far = still(add([0, 0, 2], scale(axis, 60)), 0.6, -0.9);
  const both = [sceneOf([camera], [near, far]), sceneOf([camera], [far, near])].map((scene) =>
    meanCoverage(scene, camera, 8),
  );
  for (const image of both) expect(image[20 * 40 + 20]).toBeCloseTo(0.6, 1);
});

test("Rendered frame has the noise of its camera, new in every frame of sixteen", () => {
  const camera = { ...upwards("a", [0, 0, 2], [0, 20, 17], lens(128, 400)), noiseSigma: 2 };
  const renderer = createRenderer(sceneOf([camera], []), camera);
  const frames = Array.from({ length: 17 }, (_, frameIndex) => {
    const out = new Uint8Array(128 * 128);
    renderer.render(frameIndex / 30, frameIndex, out);
    return out;
  });
  const [first, second] = frames;
  if (!first || !second) throw new Error("two frames");
  let squares = 0;
  for (let i = 0; i < first.length; i++) squares += (first[i]! - second[i]!) ** 2;
  // A difference of two frames holds twice the variance, each rounded to whole greys.
  expect(Math.abs(Math.sqrt(squares / first.length / 2) - Math.sqrt(4 + 1 / 12))).toBeLessThan(0.1);
  for (let k = 1; k < 16; k++) expect(frames[k]).not.toEqual(first);
  expect(frames[16]).toEqual(first);
});

test("Rendered bytes repeat for a seed and differ for another seed, camera or time", () => {
  const bytes = (seed: number, cameraIndex: number, tSeconds: number) => {
    const scene = pairScene(seed);
    const camera = scene.cameras[cameraIndex];
    if (!camera) throw new Error("camera");
    const out = new Uint8Array(320 * 240);
    createRenderer(scene, camera).render(tSeconds, 3, out);
    return Bun.hash(out);
  };
  const first = bytes(1, 0, 0.1);
  expect(bytes(1, 0, 0.1)).toBe(first);
  expect(new Set([first, bytes(2, 0, 0.1), bytes(1, 1, 0.1), bytes(1, 0, 0.2)]).size).toBe(4);
});

test("Rendered hot pixels flicker in a quarter of the frames and stay where they are", () => {
  const camera = { ...upwards("a", [0, 0, 2], [0, 20, 17], lens(64, 400)), hotPixelCount: 5 };
  const renderer = createRenderer(sceneOf([camera], []), camera);
  const litCounts = new Map<number, number>();
  const out = new Uint8Array(64 * 64);
  for (let frameIndex = 0; frameIndex < 2000; frameIndex++) {
    renderer.render(0, frameIndex, out);
    for (const [i, grey] of out.entries()) if (grey === 250) litCounts.set(i, (litCounts.get(i) ?? 0) + 1);
  }
  expect(litCounts.size).toBe(5);
  // Binomial, 500 expected, sigma 19.4.
  for (const count of litCounts.values()) expect(Math.abs(count - 500)).toBeLessThan(5 * 19.4);
});

test("Rendered bodies beside, behind and at the border of the image do no harm", () => {
  const camera = upwards("a", [0, 0, 2], [0, 20, 17], lens(40, 400));
  const beside = [still([30, 20, 17], 1, -1), still([0, -20, -13], 1, -1), still([0, 0, 2], 1, -1)];
  expect(meanCoverage(sceneOf([camera], beside), camera, 1).every((value) => value === 0)).toBe(true);
  const corner = unproject(camera.intrinsics, camera.pose, [-0.5, 39.5]);
  const bordering = still(add([0, 0, 2], scale(corner ?? [0, 0, 1], 25)), 0.3, -1);
  const image = meanCoverage(sceneOf([camera], [bordering]), camera, 4);
  expect(image[39 * 40]).toBeLessThan(-0.9);
  // A quarter of a disc of about 4.8 px in radius.
  expect(Math.abs(momentsOf(image, 40).flux + (Math.PI * 4.8 ** 2) / 4)).toBeLessThan(1.5);
});

test("Renderer refuses a buffer of the wrong size and a frame index below zero", () => {
  const scene = pairScene(1);
  const camera = scene.cameras[0];
  if (!camera) throw new Error("camera");
  const renderer = createRenderer(scene, camera);
  expect(() => renderer.render(0, 0, new Uint8Array(10))).toThrow(AssertionError);
  expect(() => renderer.render(0, -1, new Uint8Array(320 * 240))).toThrow(AssertionError);
});

/** Finds the point nearest to all rays: sum of (I - d d^T)(x - o) = 0. */
function meetingPoint(rays: readonly { origin: Vec3; direction: Vec3 }[]): Vec3 {
  const normal = new Array<number>(9).fill(0);
  let right: Vec3 = [0, 0, 0];
  for (const { origin, direction: d } of rays) {
    for (let i = 0; i < 9; i++) {
      const [row, column] = [Math.floor(i / 3), i % 3];
      normal[i] = (normal[i] ?? 0) + (row === column ? 1 : 0) - (d[row] ?? 0) * (d[column] ?? 0);
    }
    // (I - d d^T) o = d × (o × d) for a unit d.
    right = add(right, cross(d, cross(origin, d)));
  }
  const [a = 0, b = 0, c = 0, e = 0, f = 0, g = 0, h = 0, i = 0, j = 0] = normal;
  const matrix: Mat3 = [a, b, c, e, f, g, h, i, j];
  const inverse = inverse3(matrix);
  if (!inverse) throw new Error("rays are not parallel");
  return transform3(inverse, right);
}

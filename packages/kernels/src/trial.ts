/**
 * A time step of every op on seeded data, small enough for the start of a program: there a backend shows that it gives the reference's
 * bits on this machine, with this driver.
 *
 * It is no exam (`@skyvox/kernels/conformance` is): one picture size, four views, no limit passed.
 */
import { createPrng, type Intrinsics, lookAt, type Prng, project, type Vec3 } from "@skyvox/core";
import type { CameraTable, MotionMode } from "./camera-spec.ts";
import type { FineSpec, GridSpec, GridTable } from "./grid-spec.ts";
import type { CameraHandle, GridHandle, Kernels, Table } from "./kernels.ts";
import { buildRayModel, type RayModel } from "./ray-model.ts";
import { referenceAdapter } from "./reference.ts";
import { buildRegistration } from "./registration.ts";
import { differenceOf } from "./table.ts";

/** Cameras and grids of a backend, opened for a trial; disposing closes them, not the backend. */
export interface Trial extends Disposable {
  /** Runs the time step. Returns every table that its ops make, in order; every step gives the same, so it can be timed. */
  step(): Promise<readonly TrialTable[]>;
}

/** One table, with the name of its moment. */
export interface TrialTable {
  readonly label: string;
  readonly table: Table;
}

/**
 * Runs a trial on a backend and on the reference. Returns where they part, `seed 1: gaussian spots: row 3, word 7 is 90, expected 91`, or
 * null where they do not.
 */
export async function findTrialDifference(kernels: Kernels, seeds: readonly number[]): Promise<string | null> {
  using reference = await referenceAdapter.open();
  for (const seed of seeds) {
    using ours = openTrial(reference, seed);
    using theirs = openTrial(kernels, seed);
    const [expected, got] = [await ours.step(), await theirs.step()];
    for (const [index, { label, table }] of expected.entries()) {
      const difference = differenceOf(table, got[index]!.table);
      if (difference !== null) return `seed ${seed}: ${label}: ${difference}`;
    }
  }
  return null;
}

/** Opens the cameras and grids of a trial. */
export function openTrial(kernels: Kernels, seed: number): Trial {
  const scene = makeScene(createPrng(seed));
  const camera = kernels.openCamera(CAMERA);
  const grids = [GRID, DENSE, WORLD].map((spec) => kernels.openGrid(spec));
  const [grid, dense, world] = grids as [GridHandle, GridHandle, GridHandle];
  return {
    step: async () => {
      const tables: Promise<TrialTable>[] = [];
      const log = (label: string, table: Promise<Table>) =>
        tables.push(table.then((value) => ({ label, table: value })));
      showFrames(kernels, camera, scene, log);
      castInGrid(kernels, grid, scene, log);
      castInDense(kernels, dense, scene, log);
      castInWorld(kernels, world, scene, log);
      await kernels.submit();
      return await Promise.all(tables);
    },
    [Symbol.dispose]: () => {
      kernels.closeCamera(camera);
      for (const open of grids) kernels.closeGrid(open);
    },
  };
}

type Log = (label: string, table: Promise<Table>) => void;

const PICTURE = { widthPx: 192, heightPx: 108 } as const;
const CAMERA = {
  ...PICTURE,
  motionMax: 20_736,
  cellsMax: 8192,
  blobsMax: 8192,
  spotsMax: 4096,
  fusedMax: 4096,
} as const;
const LIMITS = { raysMax: 4096, peaksMax: 16_384, voxelsMax: 65_536 } as const;
const VOLUME_MIN_ENU_M: Vec3 = [-16, -16, 0];
const VOLUME_SIDE_M = 32;
const GRID: GridSpec = { ...LIMITS, sizeVoxels: [64, 64, 64], bricksMax: 512, dense: false };
const DENSE: GridSpec = { ...LIMITS, sizeVoxels: [32, 32, 32], bricksMax: 1, dense: true };
const FINE: FineSpec = {
  levels: Uint8Array.of(4, 3, 2, 4, 1, 4, 3, 0),
  tilesMax: 1024,
  segmentsMax: 16_384,
  marksMax: 2 ** 19,
  bricksMax: 2048,
};
const WORLD: GridSpec = { ...LIMITS, sizeVoxels: [16, 16, 16], bricksMax: 8, dense: false, fine: FINE };
const FRAMES_PER_MODE = 4;
const TARGETS = 8;
const CLUTTER = 60;

interface Scene {
  readonly frames: readonly Uint8Array[];
  readonly views: readonly View[];
  readonly shift: ReturnType<typeof buildRegistration>;
}

interface View {
  readonly points: Uint32Array;
  /** The model of the view in a grid of so many voxels a side. */
  modelFor(voxels: number): RayModel;
}

/** A sky of noise with points of light that move, four views of targets from around the volume, and how one lies over the next. */
function makeScene(prng: Prng): Scene {
  const inVolume = (k: 0 | 1 | 2) => VOLUME_MIN_ENU_M[k] + VOLUME_SIDE_M * prng.float();
  const targets = Array.from({ length: TARGETS }, (): Vec3 => [inVolume(0), inVolume(1), inVolume(2)]);
  const poses = [0, 1, 2, 3].map((view) => {
    const angleRad = (view * Math.PI) / 2 + 0.2;
    const place: Vec3 = [45 * Math.cos(angleRad), 45 * Math.sin(angleRad), 3 + 9 * view];
    return lookAt({ cameraInEnuM: place, targetEnuM: [0, 0, 16] });
  });
  const views = poses.map((pose) => ({
    points: pointsOf(
      prng,
      targets.map((target) => project(INTRINSICS, pose, target)),
    ),
    modelFor: (voxels: number) =>
      buildRayModel({
        intrinsics: INTRINSICS,
        pose,
        grid: {
          minEnuM: VOLUME_MIN_ENU_M,
          voxelSizeM: VOLUME_SIDE_M / voxels,
          sizeVoxels: [voxels, voxels, voxels],
        },
      }),
  }));
  const [east, north, up] = poses[0]!.cameraInEnuM;
  const beside = { ...poses[0]!, cameraInEnuM: [east, north + 1, up] } as const;
  const shift = buildRegistration({
    from: { intrinsics: INTRINSICS, pose: beside },
    to: { intrinsics: INTRINSICS, pose: poses[0]! },
    rangeM: 45,
  });
  const frames = Array.from({ length: FRAMES_PER_MODE }, (_, i) => makeFrame(prng, i));
  return { frames, views, shift };
}

/** Rows `[u, v, weight, 1]` of what is seen of the targets, a block of nine each, and of clutter. */
function pointsOf(prng: Prng, seen: readonly (readonly [number, number] | null)[]): Uint32Array {
  const words: number[] = [];
  const add = (u: number, v: number) => {
    const isInPicture = u >= 0 && v >= 0 && u <= PICTURE.widthPx - 1 && v <= PICTURE.heightPx - 1;
    if (isInPicture) words.push(Math.round(256 * u), Math.round(256 * v), 1 + prng.int(255), 1);
  };
  for (const pixel of seen) {
    if (pixel === null) continue;
    for (let i = 0; i < 9; i++) add(pixel[0] + (i % 3) - 1, pixel[1] + Math.floor(i / 3) - 1);
  }
  for (let i = 0; i < CLUTTER; i++) add(prng.uniform(0, PICTURE.widthPx), prng.uniform(0, PICTURE.heightPx));
  return Uint32Array.from(words);
}

function makeFrame(prng: Prng, index: number): Uint8Array {
  const frame = Uint8Array.from({ length: PICTURE.widthPx * PICTURE.heightPx }, () => 90 + (prng.uint32() >>> 29));
  for (let point = 0; point < 40; point++) {
    const x = 6 + ((point * 37 + index * (point % 3)) % (PICTURE.widthPx - 12));
    const y = 6 + ((point * 53 + index) % (PICTURE.heightPx - 12));
    for (const [dx, dy, light] of [
      [0, 0, 80],
      [1, 0, 50],
      [0, 1, 30],
    ] as const) {
      frame[(y + dy) * PICTURE.widthPx + x + dx]! += point % 4 === 0 ? -light : light;
    }
  }
  return frame;
}

/** Every mode of `motion` on the same frames, then what takes the last one's lists and fields. */
function showFrames(kernels: Kernels, camera: CameraHandle, { frames, views, shift }: Scene, log: Log): void {
  const gaussian = { slowShift: 4, fastShift: 2, holdShift: 4, snrMinQ4: 200, varianceMinQ8: 64 };
  for (const mode of ["diff", "sigmaDelta", "average", "gaussian"] satisfies MotionMode[]) {
    for (const frame of frames) kernels.motion(camera, frame, { mode, threshold: 6, step: 2, gaussian });
    kernels.cells(camera, { shift: 3, pixelsMin: 2 });
    kernels.blobs(camera, { pixelsMin: 2 });
    kernels.spots(camera, { snrMinQ4: 150, perTileMax: 20 });
    logAll(log, mode, ["motion", "cells", "blobs", "spots"], (table: CameraTable) => kernels.readCamera(camera, table));
  }
  kernels.register(camera, views[1]!.points, shift);
  kernels.fuse(camera, views[0]!.points, { gateQ8: 8 * 256, gainQ4: 24 });
  logAll(log, "pair", ["registered", "fused"], (table: CameraTable) => kernels.readCamera(camera, table));
}

function castInGrid(kernels: Kernels, grid: GridHandle, scene: Scene, log: Log): void {
  addRays(kernels, grid, GRID, scene);
  castTwice(kernels, grid);
  kernels.peaks(grid, { viewsMin: 2, sumMin: 1 });
  kernels.voxels(grid, { viewsMin: 2, sumMin: 1 });
  logAll(log, "grid", ["rays", "marks", "bricks", "pool", "peaks", "voxels"], (table: GridTable) =>
    kernels.readGrid(grid, table),
  );
}

function castInDense(kernels: Kernels, grid: GridHandle, scene: Scene, log: Log): void {
  addRays(kernels, grid, DENSE, scene);
  kernels.castDense(grid);
  logAll(log, "dense", ["dense"], (table: GridTable) => kernels.readGrid(grid, table));
}

function castInWorld(kernels: Kernels, grid: GridHandle, scene: Scene, log: Log): void {
  addRays(kernels, grid, WORLD, scene);
  castTwice(kernels, grid);
  kernels.refine(grid, 3);
  kernels.castTiles(grid, 2);
  kernels.peaks(grid, { viewsMin: 2, sumMin: 1 });
  kernels.voxels(grid, { viewsMin: 2, sumMin: 1 });
  logAll(log, "world", ["tiles", "segments", "tileBricks", "tilePool", "peaks", "voxels"], (table: GridTable) =>
    kernels.readGrid(grid, table),
  );
}

function addRays(kernels: Kernels, grid: GridHandle, { sizeVoxels }: GridSpec, { views }: Scene): void {
  kernels.clear(grid);
  for (const [view, { modelFor, points }] of views.entries()) {
    kernels.setView(grid, view, modelFor(sizeVoxels[0]));
    kernels.rays(grid, view, points);
  }
}

/** Both passes of casting. */
function castTwice(kernels: Kernels, grid: GridHandle): void {
  kernels.mark(grid);
  kernels.select(grid, 2);
  kernels.cast(grid);
}

function logAll<Name extends string>(
  log: Log,
  where: string,
  names: readonly Name[],
  read: (name: Name) => Promise<Table>,
): void {
  for (const name of names) log(`${where} ${name}`, read(name));
}

const INTRINSICS: Intrinsics = {
  ...PICTURE,
  fxPx: 168,
  fyPx: 168,
  cxPx: 95.5,
  cyPx: 53.5,
  distortion: [-0.1, 0.01, 0, 0, 0],
};

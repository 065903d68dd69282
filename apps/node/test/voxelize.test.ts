/**
 * The drop-in for the upstream program, against an independent oracle in floating point: Amanatides & Woo's traversal of the same pixels, with the
 * camera convention written out from its description (looks along -z, y up; Rz(yaw) Ry(roll) Rx(pitch); pixels counted from the corner).
 */

import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { createPrng } from "@skyvox/core";
import { encode } from "fast-png";
import { runNode, TemporaryFolder } from "./run-node.ts";

const [WIDTH, HEIGHT] = [96, 72];
const FRAMES = 3;
const N = 500;
const EDGE = 6;
const GRID_MIN = [-1500, -1500, -1000] as const;

interface Entry {
  readonly camera_index: number;
  readonly frame_index: number;
  readonly camera_position: readonly [number, number, number];
  readonly yaw: number;
  readonly pitch: number;
  readonly roll: number;
  readonly fov_degrees: number;
  readonly image_file: string;
}

/** One camera inside the cube, one below it and one beyond its upper x face. */
const CAMERAS = [
  { camera_position: [120, -340, 10], yaw: 12, pitch: 75, roll: 3, fov_degrees: 55 },
  { camera_position: [-400, 250, -1400], yaw: -30, pitch: 168, roll: -8, fov_degrees: 40 },
  { camera_position: [2600, 300, 450], yaw: 88, pitch: 92, roll: 1, fov_degrees: 35 },
] as const;

const folder = new TemporaryFolder();
let entries: Entry[] = [];
const images = new Map<string, Uint8Array>();

beforeAll(async () => {
  const prng = createPrng(7);
  entries = CAMERAS.flatMap((camera, camera_index) =>
    Array.from({ length: FRAMES }, (_, frame_index) => ({
      ...camera,
      camera_index,
      frame_index,
      image_file: `c${camera_index}_${frame_index}.png`,
    })),
  );
  for (const { image_file } of entries) {
    const pixels = new Uint8Array(WIDTH * HEIGHT).fill(90);
    for (let dot = 0; dot < 25; dot++) pixels[prng.int(pixels.length)] = 91 + prng.int(160);
    images.set(image_file, pixels);
    await Bun.write(
      folder.file(image_file),
      encode({ width: WIDTH, height: HEIGHT, data: pixels, channels: 1, depth: 8 }),
    );
  }
  // The order of entries means nothing.
  await Bun.write(folder.file("metadata.json"), JSON.stringify(entries.toReversed()));
});
afterAll(() => folder[Symbol.dispose]());

type Triple = [number, number, number];

function directionOf(entry: Entry, u: number, v: number): Triple {
  const rad = (degrees: number): number => (degrees * Math.PI) / 180;
  const focal = WIDTH / 2 / Math.tan(rad(entry.fov_degrees) / 2);
  const turn = ([x, y, z]: Triple, [i, j]: readonly [0 | 1 | 2, 0 | 1 | 2], angle: number): Triple => {
    const out: Triple = [x, y, z];
    const [c, s] = [Math.cos(angle), Math.sin(angle)];
    const [a, b] = [out[i], out[j]];
    out[i] = c * a - s * b;
    out[j] = s * a + c * b;
    return out;
  };
  const pitched = turn([u - WIDTH / 2, HEIGHT / 2 - v, -focal], [1, 2], rad(entry.pitch));
  return turn(turn(pitched, [2, 0], rad(entry.roll)), [0, 1], rad(entry.yaw));
}

/** Calls back with every voxel a ray crosses, and says through which kind of face it entered. */
function traverse(
  origin: readonly number[],
  direction: Triple,
  visit: (index: number) => void,
): "inside" | "lower" | "upper" | "missed" {
  let [near, far] = [0, Number.POSITIVE_INFINITY];
  let entered: "inside" | "lower" | "upper" = "inside";
  for (const axis of [0, 1, 2] as const) {
    const low = ((GRID_MIN[axis] ?? 0) - (origin[axis] ?? 0)) / direction[axis];
    const high = low + (N * EDGE) / direction[axis];
    if (Math.min(low, high) > near) {
      near = Math.min(low, high);
      entered = high < low ? "upper" : "lower";
    }
    far = Math.min(far, Math.max(low, high));
  }
  if (near >= far) return "missed";
  const place = [0, 1, 2].map(
    (axis) => ((origin[axis] ?? 0) + near * (direction[axis] ?? 0) - (GRID_MIN[axis] ?? 0)) / EDGE,
  );
  const cell = place.map((value, axis) =>
    Math.min(N - 1, Math.max(0, Math.floor(value - (direction[axis]! < 0 ? 1e-9 : 0)))),
  );
  const next = cell.map(
    (index, axis) => (index + (direction[axis]! > 0 ? 1 : 0) - place[axis]!) * (EDGE / direction[axis]!),
  );
  while (cell.every((index) => index >= 0 && index < N)) {
    visit((cell[0]! * N + cell[1]!) * N + cell[2]!);
    const axis = next.indexOf(Math.min(...next));
    cell[axis] = cell[axis]! + Math.sign(direction[axis]!);
    next[axis] = next[axis]! + Math.abs(EDGE / direction[axis]!);
  }
  return entered;
}

/**
 * How far a ray of the integer walk may lie from the true one, in voxels: slopes carry 20 fraction bits over at most 500 layers, and the choice
 * between two corners drops five more.
 */
const WALK_ERROR = 0.002;

/** Sums by voxel index: of the exact traversal, and of voxels shrunk and grown by the walk's error. */
interface Oracle {
  readonly sums: Map<number, number>;
  readonly surely: Map<number, number>;
  readonly possibly: Map<number, number>;
  readonly upperCount: number;
}

/** With `dropUpper` rays that enter through an upper face are left out. */
function oracle(dropUpper: boolean): Oracle {
  const result = { sums: new Map(), surely: new Map(), possibly: new Map(), upperCount: 0 };
  const add = (map: Map<number, number>, index: number, weight: number) =>
    map.set(index, (map.get(index) ?? 0) + weight);
  for (const entry of entries.filter(({ frame_index }) => frame_index > 0)) {
    const [before, now] = [entry.frame_index - 1, entry.frame_index].map(
      (k) => images.get(`c${entry.camera_index}_${k}.png`)!,
    );
    for (let pixel = 0; pixel < WIDTH * HEIGHT; pixel++) {
      const difference = Math.abs(before![pixel]! - now![pixel]!);
      if (difference <= 2) continue;
      const crossed: number[] = [];
      const direction = directionOf(entry, pixel % WIDTH, Math.floor(pixel / WIDTH));
      const entered = traverse(entry.camera_position, direction, (index) => crossed.push(index));
      if (entered === "upper") result.upperCount += 1;
      if (entered === "upper" && dropUpper) continue;
      for (const index of crossed) add(result.sums, index, difference);
      for (const index of withNeighbours(crossed)) {
        if (crosses(entry.camera_position, direction, index, -WALK_ERROR)) add(result.surely, index, difference);
        if (crosses(entry.camera_position, direction, index, WALK_ERROR)) add(result.possibly, index, difference);
      }
    }
  }
  return result;
}

const cellOf = (index: number): Triple => [Math.floor(index / N / N), Math.floor(index / N) % N, index % N];

function withNeighbours(indices: readonly number[]): Set<number> {
  const all = new Set<number>();
  for (const [x, y, z] of indices.map(cellOf)) {
    for (let i = Math.max(0, x - 1); i <= Math.min(N - 1, x + 1); i++) {
      for (let j = Math.max(0, y - 1); j <= Math.min(N - 1, y + 1); j++) {
        for (let k = Math.max(0, z - 1); k <= Math.min(N - 1, z + 1); k++) all.add((i * N + j) * N + k);
      }
    }
  }
  return all;
}

/** Says whether the ray passes through a voxel grown by so many voxels on every side. */
function crosses(origin: readonly number[], direction: Triple, index: number, grownVoxels: number): boolean {
  let [near, far] = [0, Number.POSITIVE_INFINITY];
  for (const [axis, cell] of cellOf(index).entries()) {
    const low = (GRID_MIN[axis]! + (cell - grownVoxels) * EDGE - origin[axis]!) / direction[axis]!;
    const high = (GRID_MIN[axis]! + (cell + 1 + grownVoxels) * EDGE - origin[axis]!) / direction[axis]!;
    near = Math.max(near, Math.min(low, high));
    far = Math.min(far, Math.max(low, high));
  }
  return near < far;
}

async function voxelize(...flags: string[]): Promise<Float32Array> {
  const out = folder.file("grid.bin");
  const args = [
    "voxelize",
    "--metadata",
    folder.file("metadata.json"),
    "--images",
    folder.path,
    "--out",
    out,
    "--kernels",
    "cpu",
  ];
  const ended = await runNode([...args, ...flags], 60_000);
  expect(ended.code).toBe(0);
  const bytes = readFileSync(out);
  expect(bytes.length).toBe(8 + N ** 3 * 4);
  expect([bytes.readInt32LE(0), bytes.readFloatLE(4)]).toEqual([N, EDGE]);
  return new Float32Array(bytes.buffer, bytes.byteOffset + 8, N ** 3);
}

/** Checks every voxel of the file against the oracle's bounds and counts those that differ from the exact traversal: the ties. */
function expectWithinTies(grid: Float32Array, { sums, surely, possibly }: Oracle): void {
  let outside = 0;
  let ties = 0;
  let lit = 0;
  for (let index = 0; index < grid.length; index++) {
    const value = grid[index]!;
    if (value === 0) continue;
    lit += 1;
    if (value > (possibly.get(index) ?? 0)) outside += 1;
    if (value !== sums.get(index)) ties += 1;
  }
  for (const [index, least] of surely) if (grid[index]! < least) outside += 1;
  for (const index of sums.keys()) if (grid[index] === 0) ties += 1;
  console.log(`${ties} of ${sums.size} voxels differ, each where a ray passes an edge within ${WALK_ERROR} voxel`);
  expect(outside).toBe(0);
  expect(lit).toBeGreaterThan(10_000);
  expect(ties).toBeLessThanOrEqual(sums.size / 1000);
}

test("Voxelize lights the voxels of an independent traversal, ties aside", async () => {
  const wanted = oracle(false);
  expect(wanted.upperCount).toBeGreaterThan(10);
  expectWithinTies(await voxelize(), wanted);
}, 60_000);

test("Voxelize --compat drops the rays that enter through an upper face", async () => {
  expectWithinTies(await voxelize("--compat"), oracle(true));
}, 60_000);

test("Voxelize refuses images of unequal size with one line that names the file", async () => {
  using other = new TemporaryFolder();
  const image = (width: number) => encode({ width, height: 8, data: new Uint8Array(width * 8), channels: 1, depth: 8 });
  await Bun.write(other.file("a.png"), image(8));
  await Bun.write(other.file("b.png"), image(9));
  const files = ["a.png", "b.png"].map((image_file, frame_index) => ({
    ...CAMERAS[0],
    camera_index: 0,
    frame_index,
    image_file,
  }));
  await Bun.write(other.file("metadata.json"), JSON.stringify(files));
  const out = other.file("grid.bin");
  const ended = await runNode([
    "voxelize",
    "--metadata",
    other.file("metadata.json"),
    "--images",
    other.path,
    "--out",
    out,
  ]);
  expect(ended.stderr.trim().split("\n").at(-1)).toMatch(
    /^Cannot compare ".*b.png" with the image before it: it is 9x8, need 8x8$/,
  );
  expect(ended.code).toBe(1);
});

test("Voxelize names a flag that is missing and exits with 2", async () => {
  const ended = await runNode(["voxelize", "--metadata", "x.json", "--images", "."]);
  expect(ended.stderr).toBe("Cannot run without --out: it is missing, need a file name\n");
  expect(ended.code).toBe(2);
});

import { expect, test } from "bun:test";
import type { VoxelsMessage } from "../messages.ts";
import { VOXEL_CAPACITY, VOXEL_FADE_MS, VoxelField } from "./voxel-field.ts";

test("A voxel appears out of the dark and its brightness is the root of its evidence", () => {
  const field = new VoxelField();
  field.update(
    message([
      [3, 4, 5, 65535],
      [6, 7, 8, 16384],
    ]),
    VOXEL_FADE_MS,
  );
  expect(shown(field)).toEqual({ "3 4 5": [0, 255], "6 7 8": [0, 128] });
});

test("A voxel that is told no more fades out and is then forgotten", () => {
  const field = new VoxelField();
  field.update(message([[1, 1, 1, 65535]]), VOXEL_FADE_MS);
  field.update(message([]), VOXEL_FADE_MS);
  expect(shown(field)).toEqual({ "1 1 1": [255, 0] });
  field.update(message([]), VOXEL_FADE_MS);
  expect(field.count).toBe(0);
});

test("A message amid a fade goes on from the brightness on screen", () => {
  const field = new VoxelField();
  field.update(message([[1, 1, 1, 65535]]), VOXEL_FADE_MS);
  field.update(
    message([
      [1, 1, 1, 65535],
      [2, 2, 2, 65535],
    ]),
    VOXEL_FADE_MS / 2,
  );
  expect(shown(field)).toEqual({ "1 1 1": [128, 255], "2 2 2": [0, 255] });
});

test("Voxels of equal coordinates in another order stay apart", () => {
  const field = new VoxelField();
  const rows = [
    [1, 2, 3, 65535],
    [3, 2, 1, 65535],
    [2, 1, 3, 65535],
    [0, 0, 65535, 65535],
  ];
  field.update(message(rows), VOXEL_FADE_MS);
  field.update(message(rows), VOXEL_FADE_MS);
  expect(field.count).toBe(4);
  expect(Object.values(shown(field))).toEqual([
    [255, 255],
    [255, 255],
    [255, 255],
    [255, 255],
  ]);
});

test("A message larger than the field fills it and counts what was left out", () => {
  const field = new VoxelField();
  const rows = Array.from({ length: VOXEL_CAPACITY + 10 }, (_, i) => [i % 300, Math.floor(i / 300), 7, 65535]);
  field.update(message(rows), 0);
  expect(field.count).toBe(VOXEL_CAPACITY);
  expect(field.leftOut).toBe(10);
});

test("Another voxel size empties the field: its indices mean other places", () => {
  const field = new VoxelField();
  field.update(message([[1, 1, 1, 65535]]), VOXEL_FADE_MS);
  field.update({ ...message([[9, 9, 9, 65535]]), voxelSizeM: 1 }, 0);
  expect(shown(field)).toEqual({ "9 9 9": [0, 255] });
});

test("A torn last row is left out", () => {
  const field = new VoxelField();
  const whole = Buffer.from(
    message([
      [1, 2, 3, 65535],
      [4, 5, 6, 65535],
    ]).data,
    "base64",
  );
  field.update({ ...message([]), data: whole.subarray(0, 13).toString("base64") }, 0);
  expect(Object.keys(shown(field))).toEqual(["1 2 3"]);
});

function message(rows: readonly (readonly number[])[]): VoxelsMessage {
  const data = Buffer.alloc(rows.length * 8);
  for (const [i, row] of rows.entries()) for (let k = 0; k < 4; k++) data.writeUInt16LE(row[k] ?? 0, i * 8 + k * 2);
  return { type: "voxels", timeS: 0, voxelSizeM: 0.5, count: rows.length, data: data.toString("base64") };
}

function shown(field: VoxelField): Record<string, [number, number]> {
  return Object.fromEntries(
    Array.from({ length: field.count }, (_, i) => [
      field.indices.slice(i * 4, i * 4 + 3).join(" "),
      [field.levels[i * 4] ?? -1, field.levels[i * 4 + 1] ?? -1],
    ]),
  );
}

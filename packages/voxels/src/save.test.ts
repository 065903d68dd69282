import { expect, test } from "bun:test";
import { SkyvoxError } from "@skyvox/core";
import type { VoxelSnapshot } from "./grid.ts";
import {
  readPly,
  readUpstreamBin,
  upstreamBinByteLength,
  upstreamBinChunks,
  voxelChunksPly,
  voxelsJson,
} from "./save.ts";

/** Copies chunks as they come: each is valid only until the next. */
function collect(chunks: Iterable<Uint8Array>): Uint8Array {
  const parts: number[][] = [];
  for (const chunk of chunks) parts.push([...chunk]);
  return Uint8Array.from(parts.flat());
}

const two: VoxelSnapshot = {
  count: 2,
  xyz: Uint16Array.of(0, 1, 2, 7, 6, 5),
  evidence: Float32Array.of(3.5, 1000),
  viewBits: Uint32Array.of(0b11, 0x8000_0000),
};

test("PLY holds voxel centres in metres and evidence, byte for byte as the format says", () => {
  const bytes = collect(voxelChunksPly(two, { minM: [-1, 10, 0], voxelSizeM: 0.5 }));
  const header =
    "ply\nformat binary_little_endian 1.0\nelement vertex 2\nproperty float x\nproperty float y\nproperty float z\nproperty float evidence\nend_header\n";
  expect(new TextDecoder().decode(bytes.subarray(0, header.length))).toBe(header);
  const view = new DataView(bytes.buffer, header.length);
  expect([0, 4, 8, 12].map((offset) => view.getFloat32(offset, true))).toEqual([-0.75, 10.75, 1.25, 3.5]);
  expect(bytes.length).toBe(header.length + 32);
  const cloud = readPly(bytes);
  expect([...cloud.positions.subarray(3)]).toEqual([2.75, 13.25, 2.75]);
  expect([...cloud.evidence]).toEqual([3.5, 1000]);
});

test("PLY of no voxels and of more voxels than a chunk reads back", () => {
  const empty = { count: 0, xyz: new Uint16Array(), evidence: new Float32Array(), viewBits: new Uint32Array() };
  expect(readPly(collect(voxelChunksPly(empty, { minM: [0, 0, 0], voxelSizeM: 1 }))).count).toBe(0);
  const count = 70_000;
  const many = {
    count,
    xyz: new Uint16Array(count * 3).map((_, k) => k % 2047),
    evidence: new Float32Array(count).map((_, k) => k),
    viewBits: new Uint32Array(count),
  };
  const cloud = readPly(collect(voxelChunksPly(many, { minM: [0, 0, 0], voxelSizeM: 2 })));
  expect(cloud.evidence).toEqual(many.evidence);
  expect(cloud.positions).toEqual(Float32Array.from(many.xyz, (index) => index * 2 + 1));
});

test("PLY that is torn or another's is refused in one line", () => {
  const bytes = collect(voxelChunksPly(two, { minM: [0, 0, 0], voxelSizeM: 1 }));
  expect(() => readPly(bytes.subarray(0, -1))).toThrow(SkyvoxError);
  expect(() => readPly(new TextEncoder().encode("ply\nformat ascii 1.0\n"))).toThrow(
    "Cannot read PLY: found another header",
  );
});

test("JSON names the space and lists voxels by index", () => {
  expect(JSON.parse(voxelsJson(two, { minM: [-1, 10, 0], voxelSizeM: 0.5 }))).toEqual({
    minM: [-1, 10, 0],
    voxelSizeM: 0.5,
    count: 2,
    voxels: [
      [0, 1, 2, 3.5, 0b11],
      [7, 6, 5, 1000, 0x8000_0000],
    ],
  });
});

test("Upstream file is int32 N, float32 edge and N³ float32, z fastest", () => {
  const sums = Uint32Array.from({ length: 8 }, (_, k) => k * 10);
  const bytes = collect(upstreamBinChunks(sums, 2, 6));
  expect(bytes.length).toBe(upstreamBinByteLength(2));
  const view = new DataView(bytes.buffer);
  expect([view.getInt32(0, true), view.getFloat32(4, true)]).toEqual([2, 6]);
  // (x, y, z) = (1, 0, 1) stands at (1 · 2 + 0) · 2 + 1 = 5.
  expect(view.getFloat32(8 + 5 * 4, true)).toBe(50);
  expect([...readUpstreamBin(bytes).sums]).toEqual([...sums]);
});

test("Upstream file of more than one chunk reads back, from integers and, without a copy, from floats", () => {
  const floats = new Float32Array(80 ** 3).map((_, k) => k);
  const fromFloats = [...upstreamBinChunks(floats, 80, 0.5)];
  expect(fromFloats.length).toBe(3);
  expect(fromFloats[1]?.buffer).toBe(floats.buffer);
  let offset = 8;
  const whole = new Uint8Array(upstreamBinByteLength(80));
  let isFirst = true;
  for (const chunk of upstreamBinChunks(Uint32Array.from(floats), 80, 0.5)) {
    whole.set(chunk, isFirst ? 0 : offset);
    if (!isFirst) offset += chunk.length;
    isFirst = false;
  }
  expect(readUpstreamBin(whole).sums).toEqual(floats);
});

test("Upstream file of another length is refused with both lengths", () => {
  const bytes = collect(upstreamBinChunks(new Uint32Array(8), 2, 6));
  expect(() => readUpstreamBin(bytes.subarray(0, 39))).toThrow(
    "Cannot read voxel grid of 2 per axis: found 39 bytes, need 40",
  );
  expect(() => readUpstreamBin(new Uint8Array(3))).toThrow("found 3 bytes, need at least 8");
  expect(() => [...upstreamBinChunks(new Uint32Array(7), 2, 6)]).toThrow("N³ sums");
});

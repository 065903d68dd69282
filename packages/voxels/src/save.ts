/**
 * Files of voxels: PLY point clouds, JSON, and the dense `.bin` of the upstream `ray_voxel` program; writers yield chunks of bytes.
 *
 * A chunk is valid until the next one is asked for: a dense grid of 500 MB leaves through one buffer of a megabyte. Bulk numbers are
 * little-endian, as both formats want, and so is every machine this runs on (checked). No file is opened here.
 */
import { assert, SkyvoxError, type Vec3 } from "@skyvox/core";
import type { VoxelSnapshot } from "./grid.ts";

/** Where a grid stands: its lower corner in the local east-north-up frame and its voxel edge, metres. */
export interface VoxelSpace {
  readonly minM: Vec3;
  readonly voxelSizeM: number;
}

/** Points of a PLY file: voxel centres in metres and evidence, `[count]` float32 each. */
export interface PointCloud {
  readonly count: number;
  /** `[count, 3]` metres. */
  readonly positions: Float32Array;
  readonly evidence: Float32Array;
}

/** A dense cube of `sizeVoxels`³ sums at index (x N + y) N + z, and its voxel edge in metres. */
export interface UpstreamGrid {
  readonly sizeVoxels: number;
  readonly voxelSizeM: number;
  readonly sums: Float32Array;
}

/** Writes a snapshot as a binary little-endian PLY of voxel centres with their evidence. */
export function* voxelChunksPly(
  snapshot: Pick<VoxelSnapshot, "count" | "xyz" | "evidence">,
  space: VoxelSpace,
): Generator<Uint8Array> {
  assert(isLittleEndian(), "the machine is little-endian");
  yield new TextEncoder().encode(plyHeader(snapshot.count));
  const points = new Float32Array(Math.min(snapshot.count, CHUNK_POINTS) * 4);
  for (let start = 0; start < snapshot.count; start += CHUNK_POINTS) {
    const count = Math.min(CHUNK_POINTS, snapshot.count - start);
    for (let k = 0; k < count; k++) {
      for (let axis = 0; axis < 3; axis++) {
        points[k * 4 + axis] = space.minM[axis]! + (snapshot.xyz[(start + k) * 3 + axis]! + 0.5) * space.voxelSizeM;
      }
      points[k * 4 + 3] = snapshot.evidence[start + k]!;
    }
    yield new Uint8Array(points.buffer, 0, count * 16);
  }
}

/** Reads what `voxelChunksPly` wrote. @throws {SkyvoxError} "io" when the header or the length is another. */
export function readPly(bytes: Uint8Array): PointCloud {
  const head = new TextDecoder().decode(bytes.subarray(0, PLY_HEADER_BYTES_MAX));
  const count = Number(/^element vertex (\d+)$/m.exec(head)?.[1] ?? Number.NaN);
  const header = plyHeader(count);
  if (!head.startsWith(header))
    throw new SkyvoxError("io", "Cannot read PLY: found another header, need x y z evidence as float");
  if (bytes.length !== header.length + count * 16) {
    throw new SkyvoxError("io", `Cannot read PLY: found ${bytes.length} bytes, need ${header.length + count * 16}`);
  }
  const points = new Float32Array(bytes.slice(header.length).buffer);
  return {
    count,
    positions: points.filter((_, k) => k % 4 !== 3),
    evidence: points.filter((_, k) => k % 4 === 3),
  };
}

/** Writes a snapshot as one JSON object; `voxels` holds rows `[x, y, z, evidence, viewBits]` in voxel indices. */
export function voxelsJson(snapshot: VoxelSnapshot, space: VoxelSpace): string {
  const voxels = Array.from({ length: snapshot.count }, (_, k) => [
    snapshot.xyz[k * 3],
    snapshot.xyz[k * 3 + 1],
    snapshot.xyz[k * 3 + 2],
    snapshot.evidence[k],
    snapshot.viewBits[k],
  ]);
  return JSON.stringify({ minM: space.minM, voxelSizeM: space.voxelSizeM, count: snapshot.count, voxels });
}

/** Returns the length of the file that `upstreamBinChunks` writes. */
export function upstreamBinByteLength(sizeVoxels: number): number {
  return 8 + sizeVoxels ** 3 * 4;
}

/**
 * Writes a dense cube as the upstream program does: int32 N, float32 voxel edge, N³ float32 at index (x N + y) N + z.
 *
 * `sums` is `[N³]`, uint32 (the kernels' table `dense`; above 2^24 rounded to float32) or float32, which is sent without a copy.
 * @throws {AssertionError} when `sums` is not N³ long.
 */
export function* upstreamBinChunks(
  sums: Uint32Array | Float32Array,
  sizeVoxels: number,
  voxelSizeM: number,
): Generator<Uint8Array> {
  assert(isLittleEndian(), "the machine is little-endian");
  assert(sums.length === sizeVoxels ** 3, "a dense cube has N³ sums");
  const header = new DataView(new ArrayBuffer(8));
  header.setInt32(0, sizeVoxels, true);
  header.setFloat32(4, voxelSizeM, true);
  yield new Uint8Array(header.buffer);
  const chunk = new Float32Array(Math.min(sums.length, CHUNK_SUMS));
  for (let start = 0; start < sums.length; start += CHUNK_SUMS) {
    const part = sums.subarray(start, start + CHUNK_SUMS);
    if (part instanceof Float32Array) {
      yield new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
      continue;
    }
    chunk.set(part);
    yield new Uint8Array(chunk.buffer, 0, part.length * 4);
  }
}

/** Reads an upstream `.bin`. @throws {SkyvoxError} "io" when its length does not fit its size. */
export function readUpstreamBin(bytes: Uint8Array): UpstreamGrid {
  if (bytes.length < 8)
    throw new SkyvoxError("io", `Cannot read voxel grid: found ${bytes.length} bytes, need at least 8`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const sizeVoxels = view.getInt32(0, true);
  const needed = upstreamBinByteLength(sizeVoxels);
  if (sizeVoxels < 1 || bytes.length !== needed) {
    throw new SkyvoxError(
      "io",
      `Cannot read voxel grid of ${sizeVoxels} per axis: found ${bytes.length} bytes, need ${needed}`,
    );
  }
  return { sizeVoxels, voxelSizeM: view.getFloat32(4, true), sums: new Float32Array(bytes.slice(8).buffer) };
}

function plyHeader(count: number): string {
  return [
    "ply",
    "format binary_little_endian 1.0",
    `element vertex ${count}`,
    "property float x",
    "property float y",
    "property float z",
    "property float evidence",
    "end_header",
    "",
  ].join("\n");
}

function isLittleEndian(): boolean {
  return new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
}

const PLY_HEADER_BYTES_MAX = 256;
const CHUNK_POINTS = 65_536;
const CHUNK_SUMS = 262_144;

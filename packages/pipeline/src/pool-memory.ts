/**
 * What the frame pools of a site take in memory, before any of it is asked for.
 *
 * Each camera has one segment: its descriptor ring and its pool of frames. Twenty cameras of 7680 x 4320 bytes with 8 slots each take
 * 5.3 GB; a literal ring of 64 frames would take 42.
 */
import { assert, SkyvoxError } from "@skyvox/core";
import { descriptorRing, layoutBytes, type SegmentLayout } from "./segment-layout.ts";

/** Cameras that are alike. */
export interface CameraPoolSpec {
  readonly cameraCount: number;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly bytesPerPixel: number;
  /** Frames that are in memory at once, per camera. */
  readonly slots: number;
}

/** The segment of one camera: part 0 is its descriptor ring, part 1 its pool. */
export function cameraLayout({
  widthPx,
  heightPx,
  bytesPerPixel,
  slots,
}: Omit<CameraPoolSpec, "cameraCount">): SegmentLayout {
  return [descriptorRing, { kind: "pool", slots, slotBytes: widthPx * heightPx * bytesPerPixel }];
}

/** What pools take, and how that comes about in words. */
export interface PoolMemory {
  readonly bytes: number;
  /** One line per spec: `20 cameras x (8 slots x 7680 x 4320 x 1 byte + rings and headers) = 5.31 GB`. */
  readonly lines: readonly string[];
}

/** Adds up what pools take. */
export function poolMemory(specs: readonly CameraPoolSpec[]): PoolMemory {
  const each = specs.map((spec) => {
    assert(Number.isInteger(spec.cameraCount) && spec.cameraCount > 0, "cameraCount is a positive integer");
    return { spec, bytes: spec.cameraCount * layoutBytes(cameraLayout(spec)) };
  });
  return {
    bytes: each.reduce((sum, { bytes }) => sum + bytes, 0),
    lines: each.map(({ spec, bytes }) => `${termOf(spec)} = ${gigabytes(bytes)}`),
  };
}

/**
 * Adds up what pools take and refuses what does not fit.
 *
 * @throws {SkyvoxError} code "capacity" with the arithmetic, when they take more than `availableBytes`.
 */
export function fitPools(specs: readonly CameraPoolSpec[], availableBytes: number): PoolMemory {
  const memory = poolMemory(specs);
  if (memory.bytes <= availableBytes) return memory;
  const sum = specs.length === 1 ? memory.lines[0] : `${specs.map(termOf).join(" + ")} = ${gigabytes(memory.bytes)}`;
  throw new SkyvoxError("capacity", `Cannot allocate frame pools: ${sum}, need at most ${gigabytes(availableBytes)}`);
}

function termOf({ cameraCount, widthPx, heightPx, bytesPerPixel, slots }: CameraPoolSpec): string {
  const unit = bytesPerPixel === 1 ? "byte" : "bytes";
  return `${cameraCount} cameras x (${slots} slots x ${widthPx} x ${heightPx} x ${bytesPerPixel} ${unit} + rings and headers)`;
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(2)} GB`;
}

/**
 * The voxels on screen: the last message's evidence, and what is still fading from the one before.
 *
 * Each voxel holds the brightness it fades from and the one it fades to. A message turns the brightness shown at that instant into the
 * new start, so nothing pops in or out. Memory is fixed: CAPACITY voxels and a hash table of their indices.
 */
import type { VoxelsMessage } from "../messages.ts";

/** Voxels drawn at most; more are left out and counted. */
export const VOXEL_CAPACITY = 65_536;
/** Milliseconds a change of brightness takes. */
export const VOXEL_FADE_MS = 260;
const TABLE_SIZE = 2 * VOXEL_CAPACITY;

/** A set of voxels that changes by fading. */
export class VoxelField {
  count = 0;
  /** Voxels of the last message that did not fit. */
  leftOut = 0;
  voxelSizeM = 1;
  /** `[count, 4]`: x, y, z index from the volume's lower corner, then 0. */
  readonly indices = new Uint16Array(VOXEL_CAPACITY * 4);
  /** `[count, 4]`: brightness faded from, brightness faded to, 0, 0. */
  readonly levels = new Uint8Array(VOXEL_CAPACITY * 4);
  private readonly table = new Int32Array(TABLE_SIZE);

  /** Part of the fade done after some milliseconds, 0 … 1. */
  static fadeAt(elapsedMs: number): number {
    return Math.min(1, Math.max(0, elapsedMs / VOXEL_FADE_MS));
  }

  /** Takes a message that arrives `elapsedMs` after the last one. */
  update(message: VoxelsMessage, elapsedMs: number): void {
    const rows = decodeRows(message.data);
    if (message.voxelSizeM !== this.voxelSizeM) this.clear();
    this.voxelSizeM = message.voxelSizeM;
    this.startFade(VoxelField.fadeAt(elapsedMs));
    this.leftOut = 0;
    for (let at = 0; at + 3 < rows.length; at += 4) {
      const slot = this.slotOf(rows[at]!, rows[at + 1]!, rows[at + 2]!);
      // The square root spreads weak evidence, which would drown beside one strong voxel.
      if (slot >= 0) this.levels[slot * 4 + 1] = Math.round(255 * Math.sqrt(rows[at + 3]! / 65535));
      else this.leftOut++;
    }
  }

  clear(): void {
    this.count = 0;
    this.table.fill(0);
  }

  /** Makes the brightness shown now the start of the next fade to nothing, and drops what is dark already. */
  private startFade(fade: number): void {
    let kept = 0;
    for (let i = 0; i < this.count; i++) {
      const from = this.levels[i * 4]!;
      const shown = Math.round(from + (this.levels[i * 4 + 1]! - from) * fade);
      if (shown === 0) continue;
      this.indices.copyWithin(kept * 4, i * 4, i * 4 + 3);
      this.levels[kept * 4] = shown;
      this.levels[kept * 4 + 1] = 0;
      kept++;
    }
    this.count = kept;
    this.table.fill(0);
    for (let i = 0; i < kept; i++) {
      const at = i * 4;
      this.table[this.place(this.indices[at]!, this.indices[at + 1]!, this.indices[at + 2]!)] = i + 1;
    }
  }

  /** Slot of a voxel, a new dark one where it is not shown yet, -1 when all are taken. */
  private slotOf(x: number, y: number, z: number): number {
    const place = this.place(x, y, z);
    const held = this.table[place]!;
    if (held > 0) return held - 1;
    if (this.count === VOXEL_CAPACITY) return -1;
    const slot = this.count++;
    this.indices[slot * 4] = x;
    this.indices[slot * 4 + 1] = y;
    this.indices[slot * 4 + 2] = z;
    this.levels[slot * 4] = 0;
    this.table[place] = slot + 1;
    return slot;
  }

  /** Where a voxel stands in the table, or the empty place where it would: linear probing, at most half full. */
  private place(x: number, y: number, z: number): number {
    let place = (Math.imul(x, 73856093) ^ Math.imul(y, 19349663) ^ Math.imul(z, 83492791)) & (TABLE_SIZE - 1);
    for (;;) {
      const held = this.table[place]!;
      const at = (held - 1) * 4;
      if (held === 0) return place;
      if (this.indices[at] === x && this.indices[at + 1] === y && this.indices[at + 2] === z) return place;
      place = (place + 1) & (TABLE_SIZE - 1);
    }
  }
}

/** Decodes base64 of little-endian uint16. Every machine a browser runs on is little-endian. */
function decodeRows(base64: string): Uint16Array {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length - (text.length % 8));
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
  return new Uint16Array(bytes.buffer);
}

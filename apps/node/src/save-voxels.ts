import { rename } from "node:fs/promises";
import { AssertionError, messageOf, SkyvoxError } from "@skyvox/core";
import { voxelChunksPly } from "@skyvox/voxels";
import type { VoxelSnapshot } from "./node-view.ts";

/**
 * Writes chunks of bytes to a file beside the wanted one, which it replaces once it is whole: no reader meets half a file.
 *
 * @throws {SkyvoxError} "io" when the file cannot be written.
 */
export async function saveChunks(path: string, chunks: Iterable<Uint8Array>): Promise<void> {
  try {
    const partial = `${path}.partial`;
    const writer = Bun.file(partial).writer();
    for (const chunk of chunks) {
      writer.write(chunk);
      await writer.flush();
    }
    await writer.end();
    await rename(partial, path);
  } catch (error) {
    if (error instanceof AssertionError) throw error;
    throw new SkyvoxError("io", `Cannot write "${path}": ${messageOf(error)}, need a writable file`, { cause: error });
  }
}

/** Writes voxels as a binary PLY point cloud. @throws {SkyvoxError} "io" when the file cannot be written. */
export async function saveVoxels(path: string, { indices, evidence, minM, voxelSizeM }: VoxelSnapshot): Promise<void> {
  const snapshot = { count: evidence.length, xyz: indices, evidence };
  await saveChunks(path, voxelChunksPly(snapshot, { minM, voxelSizeM }));
}

/**
 * The command `voxelize`: motion between consecutive calibrated images, cast into one cube of voxels.
 *
 * It takes the upstream program's inputs and writes its output file, with three differences: no random noise is added to the images, a ray is cast
 * wherever it crosses the cube (upstream drops those that enter through an upper face; `--compat` drops the same ones), and voxels are found in
 * integers, so that a ray through an edge may take the neighbour.
 */
import { join } from "node:path";
import { type MetadataFrame, metadataCamera, parseMetadata, readGreyImage } from "@skyvox/cameras";
import { messageOf, type Pose, SkyvoxError, type Vec3 } from "@skyvox/core";
import { buildRayModel, type CameraHandle, type Kernels } from "@skyvox/kernels";
import { upstreamBinChunks } from "@skyvox/voxels";
import { z } from "zod";
import { parseFlags, parseWith } from "../config.ts";
import { kernelChoices } from "../kernel-choice.ts";
import { Progress } from "../progress.ts";
import { saveChunks } from "../save-voxels.ts";
import { openSelected } from "../select-kernels.ts";
import { wallMs } from "../wall-clock.ts";
import { DenseSpace } from "./dense-space.ts";
import { entersUpstreamGrid, upstreamDirection, upstreamRotation } from "./upstream-entry.ts";

const VOXELIZE_USAGE = `Cast the motion of calibrated images into one voxel file, as the upstream ray_voxel program does.

  bun run apps/node voxelize --metadata FILE --images DIR --out FILE.bin

Flags
  --metadata FILE   JSON array of { camera_index, frame_index, camera_position, yaw, pitch, roll, fov_degrees, image_file }
  --images DIR      folder the image_file names start from
  --out FILE.bin    int32 N, float32 edge, then N³ float32 sums, x slowest, z fastest
  --compat          also drop the rays that enter through an upper face of the cube, as upstream does
  --kernels NAME    auto, cuda, wgsl, cpu or reference (auto: the fastest that gives the right bits here)

Example
  bun run apps/node voxelize --metadata motionimages/metadata.json --images motionimages --out voxel_grid.bin`;

const flags = z.strictObject({
  metadata: z.string({ error: "a file name" }),
  images: z.string({ error: "a folder" }),
  out: z.string({ error: "a file name" }),
  compat: z.boolean().default(false),
  kernels: z.enum(kernelChoices, { error: kernelChoices.join(", ") }).default("auto"),
});

/** The upstream program's cube: 500³ voxels of 6 m about (0, 0, 500). */
const GRID = { count: 500, edge: 6, centre: [0, 0, 500] } as const;
const MOTION_THRESHOLD = 2;

/** Runs the command. @throws {SkyvoxError} naming the file or flag that is wrong. */
export async function voxelizeCommand(args: readonly string[]): Promise<void> {
  if (args.includes("--help")) {
    console.log(VOXELIZE_USAGE);
    return;
  }
  const config = parseWith(
    flags,
    parseFlags(args, {
      metadata: { type: "string" },
      images: { type: "string" },
      out: { type: "string" },
      compat: { type: "boolean" },
      kernels: { type: "string" },
    }),
  );
  const frames = parseMetadata(await readText(config.metadata), config.metadata);
  if (frames.length === 0) {
    throw new SkyvoxError(
      "calibration",
      `Cannot voxelize "${config.metadata}": it names no image, need one entry per image`,
    );
  }
  using kernels = await openSelected(config.kernels, { onNotice: (line) => console.error(line) });
  const space = new DenseSpace(kernels, GRID.count);
  using progress = new Progress({ label: "voxelize", stream: process.stderr, nowMs: wallMs });
  let rayCount = 0;
  let done = 0;
  for (const sequence of sequencesOf(frames)) {
    rayCount += await castSequence({ kernels, space, sequence, images: config.images, compat: config.compat }, () => {
      done += 1;
      progress.update(`${done} of ${frames.length} images`, done / frames.length);
    });
  }
  const sums = await space.total();
  await saveChunks(config.out, upstreamBinChunks(sums, GRID.count, GRID.edge));
  const lit = countLit(sums);
  console.log(
    `${config.out}: ${lit} voxels from ${rayCount} rays of ${frames.length} images, kernels ${kernels.backend}`,
  );
}

async function readText(path: string): Promise<string> {
  try {
    return await Bun.file(path).text();
  } catch (error) {
    throw new SkyvoxError("io", `Cannot read "${path}": ${messageOf(error)}, need a readable file`, { cause: error });
  }
}

/** Frames by camera, cameras by index, frames by frame index; a camera with one frame shows no motion. */
function sequencesOf(frames: readonly MetadataFrame[]): MetadataFrame[][] {
  const byCamera = Map.groupBy(frames, ({ cameraIndex }) => cameraIndex);
  return [...byCamera]
    .sort(([a], [b]) => a - b)
    .map(([, sequence]) => sequence.toSorted((a, b) => a.frameIndex - b.frameIndex))
    .filter((sequence) => sequence.length >= 2);
}

interface Casting {
  readonly kernels: Kernels;
  readonly space: DenseSpace;
  readonly sequence: readonly MetadataFrame[];
  readonly images: string;
  readonly compat: boolean;
}

async function castSequence(casting: Casting, onImage: () => void): Promise<number> {
  const { kernels, sequence, images } = casting;
  let camera: CameraHandle | null = null;
  let size = { widthPx: 0, heightPx: 0 };
  let rayCount = 0;
  for (const frame of sequence) {
    const path = join(images, frame.imageFile);
    const image = await readGreyImage(path);
    if (camera === null) {
      size = { widthPx: image.widthPx, heightPx: image.heightPx };
      const pixels = size.widthPx * size.heightPx;
      camera = kernels.openCamera({ ...size, motionMax: pixels, cellsMax: pixels, blobsMax: 1 });
    }
    if (image.widthPx !== size.widthPx || image.heightPx !== size.heightPx) {
      throw new SkyvoxError(
        "source",
        `Cannot compare "${path}" with the image before it: it is ${image.widthPx}x${image.heightPx}, need ${size.widthPx}x${size.heightPx}`,
      );
    }
    kernels.motion(camera, image.pixels, { mode: "diff", threshold: MOTION_THRESHOLD });
    kernels.cells(camera, { shift: 0, pixelsMin: 1 });
    const reading = kernels.readCamera(camera, "cells");
    await kernels.submit();
    const { rows } = await reading;
    if (rows.length > 0) rayCount += await castFrame(casting, frame, size, rows);
    onImage();
  }
  if (camera !== null) kernels.closeCamera(camera);
  return rayCount;
}

async function castFrame(
  { space, compat }: Casting,
  frame: MetadataFrame,
  size: { readonly widthPx: number; readonly heightPx: number },
  points: Uint32Array,
): Promise<number> {
  const { intrinsics, pose } = metadataCamera(frame, size);
  const half = (GRID.count * GRID.edge) / 2;
  const minEnuM: Vec3 = [GRID.centre[0] - half, GRID.centre[1] - half, GRID.centre[2] - half];
  const model = buildRayModel({
    intrinsics,
    pose,
    grid: { minEnuM, voxelSizeM: GRID.edge, sizeVoxels: [GRID.count, GRID.count, GRID.count] },
  });
  const kept = compat ? pointsUpstreamCasts(frame, pose, size, points) : points;
  await space.cast(model, kept);
  return kept.length / 4;
}

/** Leaves out the points whose ray the upstream program drops. */
function pointsUpstreamCasts(
  frame: MetadataFrame,
  pose: Pose,
  size: { readonly widthPx: number; readonly heightPx: number },
  points: Uint32Array,
): Uint32Array {
  const worldFromCamera = upstreamRotation(frame.yawDeg, frame.pitchDeg, frame.rollDeg);
  const kept = new Uint32Array(points.length);
  let end = 0;
  for (let at = 0; at < points.length; at += 4) {
    const [u, v] = [points[at]! >> 8, points[at + 1]! >> 8];
    const direction = upstreamDirection({ worldFromCamera, ...size, fovDeg: frame.fovDeg, u, v });
    if (!entersUpstreamGrid(GRID, pose.cameraInEnuM, direction)) continue;
    kept.set(points.subarray(at, at + 4), end);
    end += 4;
  }
  return kept.subarray(0, end);
}

/** Counts voxels above zero; a plain loop, since there are 125 million of them. */
function countLit(sums: Float32Array): number {
  let count = 0;
  for (let voxel = 0; voxel < sums.length; voxel++) if (sums[voxel]! > 0) count += 1;
  return count;
}

/** What is done once before a camera's frames count: its background is shown to the kernels, and the line is run warm. */
import type { CameraSource } from "@skyvox/cameras";
import { type Frame, NS_PER_MS, type Observation } from "@skyvox/core";
import { type Line, observe, reconstruct } from "@skyvox/reconstruction";
import { isFrame } from "./shown-picture.ts";

/** How far apart the frames lie that a background is made of. A target that moves its own size in this time is in none of it. */
const BACKGROUND_STEP_NS = 200n * NS_PER_MS;

/**
 * Shows a camera the middle of three frames before `nowNs` first. Its own first frame would leave holes where the targets stand in it, and
 * tracks that another player began would stay with the holes while their targets fly on.
 */
export async function fillBackground(
  line: Line,
  source: CameraSource,
  nowNs: bigint,
  /** Called when the kernels are needed. */
  onTurn: (work: () => Promise<unknown>) => Promise<unknown> = (work) => work(),
): Promise<void> {
  if (!("widthPx" in source)) return;
  const firstNs = nowNs - 2n * BACKGROUND_STEP_NS;
  const pixels: Uint8Array[] = [];
  let last: Frame | null = null;
  for (const step of [0n, 1n, 2n]) {
    last = await source.next(firstNs + step * BACKGROUND_STEP_NS);
    if (last !== null) pixels.push(last.pixels.slice());
  }
  const [first, second, third] = pixels;
  if (last === null || first === undefined || second === undefined || third === undefined) return;
  const background = { ...last, pixels: middleOf(first, second, third) };
  await onTurn(() => observe(line, background));
}

/**
 * Runs the line once on first frames before time counts: the first pass compiles code and touches memory for the first time, which takes
 * longer than frames may wait. The frames then meet themselves as background, so they show no motion, as they would anyway.
 */
export async function warmUp(line: Line, heads: readonly (Frame | Observation | null)[]): Promise<void> {
  const observations: Observation[] = [];
  for (const head of heads) if (head !== null) observations.push(isFrame(head) ? await observe(line, head) : head);
  const [first] = observations;
  if (first === undefined) return;
  const moving = observations.map((observation) => ({ ...observation, cells: centreCell(line, observation) }));
  await reconstruct(line, { setId: 0, timeNs: first.captureNs, spreadNs: 0n, members: moving, missing: [] });
}

/** Runs the second half of the line once before any frame is there: every camera is taken to see one thing in the middle of its picture. */
export async function warmUpReconstruct(line: Line): Promise<void> {
  const members = line.cameras.map(({ id: cameraId, pose }): Observation => {
    const seen = { cameraId, seq: 0 as Observation["seq"], captureNs: 0n, timeSigmaNs: 0, pose };
    return {
      ...{ ...seen, motionPixelCount: 1, flooded: false, blobs: new Uint32Array() },
      cells: centreCell(line, { cameraId }),
    };
  });
  await reconstruct(line, { setId: 0, timeNs: 0n, spreadNs: 0n, members, missing: [] });
}

/** The middle one of three values, pixel by pixel. */
function middleOf(a: Uint8Array, b: Uint8Array, c: Uint8Array): Uint8Array {
  const middle = new Uint8Array(a.length);
  for (let i = 0; i < middle.length; i++) {
    const [x, y, z] = [a[i]!, b[i]!, c[i]!];
    middle[i] = Math.max(Math.min(x, y), Math.min(Math.max(x, y), z));
  }
  return middle;
}

/** One cell in the middle of the picture. */
function centreCell(line: Line, { cameraId }: Pick<Observation, "cameraId">): Uint32Array {
  const { widthPx, heightPx } = line.cameraOf(cameraId).intrinsics;
  return Uint32Array.of(widthPx << 7, heightPx << 7, 255, 1);
}

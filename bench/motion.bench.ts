/**
 * Motion of 1 and of 20 cameras: pictures per second with the ordered list of moving pixels, beside a copy.
 *
 * Bytes are counted as moved: copy 2 per pixel; diff and sigma-delta read the picture, read and write the background: 3; average
 * reads and writes 2 bytes of background: 5; gaussian 8: 17. On the host the copy is one of the same pictures, by one core. Backend
 * cuda takes pictures that lie on the device already, wgsl takes them over the bus. With `--anchors` OpenCV takes the same pictures
 * (`motion-anchor.ts`).
 */
import type { Kernels, KernelsAdapter, MotionMode, MotionParams } from "@skyvox/kernels";
import { isGpu, openWays, type Ways } from "./backends.ts";
import { bandwidthNote, COPY_BYTES_PER_BYTE, type Copy, openCopy } from "./copy.ts";
import {
  type Bench,
  type BenchOptions,
  type BenchResult,
  type BenchTarget,
  digestOf,
  interleaveTimed,
  perSecond,
  type Timing,
  timed,
  type Variant,
} from "./harness.ts";
import { compareWithOpenCv } from "./motion-anchor.ts";
import { GAUSSIAN, motionFrames, type Pictures, placed, THRESHOLD } from "./motion-frames.ts";
import { targets } from "./targets.ts";

const modes = ["diff", "sigmaDelta", "average", "gaussian"] as const satisfies readonly MotionMode[];
const bytesPerPixel: Readonly<Record<MotionMode, number>> = { diff: 3, sigmaDelta: 3, average: 5, gaussian: 17 };
const CAMERAS = 20;

export const bench: Bench = {
  name: "motion",
  subject: "kernels",
  async run({ small, anchors, rounds, adapter }: BenchOptions): Promise<BenchResult> {
    const [widthPx, heightPx] = small ? [160, 90] : [7680, 4320];
    const pictures = { widthPx, heightPx, frames: motionFrames({ seed: 1, count: 3, widthPx, heightPx }) };
    using stack = new DisposableStack();
    const ways = await openWays(adapter, stack);
    const variants = variantsOf(ways, placed(stack, adapter, pictures));
    const copy = isGpu(adapter) ? stack.use(openCopy(adapter, widthPx * heightPx)) : copyOf(pictures);
    const timings = await interleaveTimed([copy.subject, ...variants.map((variant) => timed(variant))], rounds);
    const copied = { bytesMoved: copy.bytesMoved, ms: timings[0]?.medianMs ?? Number.NaN };
    const measured = variants.map((variant, i): Measured => {
      const bytes = variant.cameras * widthPx * heightPx * bytesPerPixel[variant.mode];
      return { ...variant, timing: timings[i + 1] as Timing, bytes };
    });
    const rows = measured.map(({ timing: { name, medianMs, noise }, bytes }) => {
      return { name, median: medianMs, unit: "ms", noise, note: bandwidthNote(bytes, medianMs, copied) };
    });
    const found = anchors ? await compareWithOpenCv(pictures, THRESHOLD, small ? 1 : rounds) : null;
    const lists = await Promise.all(modes.map((mode) => rowsOf(ways.one, mode, pictures)));
    return {
      rows: [
        {
          name: copy.subject.name,
          median: copied.ms,
          unit: "ms",
          note: `${(perSecond(copied.bytesMoved, copied.ms) / 1e9).toFixed(1)} GB/s`,
        },
        ...rows,
        ...(found?.rows ?? []),
      ],
      targets: [...ownTargets(adapter, measured, copied), ...(found?.targets ?? [])],
      leftOut: found?.leftOut ?? [],
      digest: digestOf(...lists),
    };
  },
};

interface MotionVariant extends Variant {
  readonly mode: MotionMode;
  readonly cameras: number;
}

interface Measured extends MotionVariant {
  readonly timing: Timing;
  readonly bytes: number;
}

/** Every mode on one thread; the others where threads and vectors tell apart, and for all cameras those that a site runs. */
function variantsOf({ one, all, scalar }: Ways, pictures: Pictures): MotionVariant[] {
  const some = ["sigmaDelta", "gaussian"] as const;
  return [
    ...modes.map((mode) => motionVariant(one, mode, 1, pictures)),
    motionVariant(one, "sigmaDelta", 1, pictures, { readsList: true }),
    ...(all === one ? [] : some.map((mode) => motionVariant(all, mode, 1, pictures))),
    ...(scalar === null ? [] : some.map((mode) => motionVariant(scalar, mode, 1, pictures))),
    ...(all === one ? modes : some).map((mode) => motionVariant(all, mode, CAMERAS, pictures)),
  ];
}

function motionVariant(
  kernels: Kernels,
  mode: MotionMode,
  cameras: number,
  pictures: Pictures,
  { readsList = false } = {},
): MotionVariant {
  const handles = Array.from({ length: cameras }, () => openCamera(kernels, pictures));
  let turn = 0;
  const run = () => {
    const lists = handles.map((camera) => {
      const pixels = pictures.frames[turn++ % pictures.frames.length] as Uint8Array;
      kernels.motion(camera, pixels, paramsOf(mode));
      return readsList ? kernels.readCamera(camera, "motion") : null;
    });
    return Promise.all([kernels.submit(), ...lists]);
  };
  // The first picture only becomes the background: that is what the untimed round is for.
  const name = `${mode}, ${cameras === 1 ? "1 camera" : `${cameras} cameras`}, ${kernels.device}`;
  return { name: readsList ? `${name}, list read back` : name, mode, cameras, run };
}

function copyOf({ frames }: Pictures): Copy {
  const to = new Uint8Array(frames[0]?.length ?? 0);
  let turn = 0;
  const run = () => to.set(frames[turn++ % frames.length] as Uint8Array);
  return { subject: timed({ name: "memcpy", run }), bytesMoved: to.length * COPY_BYTES_PER_BYTE };
}

function openCamera(kernels: Kernels, { widthPx, heightPx }: Pictures) {
  const motionMax = Math.ceil(0.02 * widthPx * heightPx);
  return kernels.openCamera({ widthPx, heightPx, motionMax, cellsMax: 1, blobsMax: 1 });
}

function paramsOf(mode: MotionMode): MotionParams {
  return { mode, threshold: THRESHOLD, ...(mode === "gaussian" ? { gaussian: GAUSSIAN } : {}) };
}

/** The motion found in the third picture after two of background. */
async function rowsOf(kernels: Kernels, mode: MotionMode, pictures: Pictures): Promise<Uint32Array> {
  const camera = openCamera(kernels, pictures);
  for (const frame of pictures.frames) kernels.motion(camera, frame, paramsOf(mode));
  const table = kernels.readCamera(camera, "motion");
  await kernels.submit();
  kernels.closeCamera(camera);
  return (await table).rows;
}

function ownTargets(
  adapter: KernelsAdapter,
  measured: readonly Measured[],
  copied: { readonly bytesMoved: number; readonly ms: number },
): BenchTarget[] {
  const sigmaDelta = measured.filter(({ mode }) => mode === "sigmaDelta");
  // A GPU is to be busy: with one camera the call itself would be measured.
  const cameras = isGpu(adapter) ? CAMERAS : 1;
  const subject = sigmaDelta.find((variant) => variant.cameras === cameras) as Measured;
  const achieved = perSecond(subject.bytes, subject.timing.medianMs) / perSecond(copied.bytesMoved, copied.ms);
  const wanted = isGpu(adapter) ? targets.gpu.motionShareOfCopy : targets.motion.shareOfCopy;
  const share: BenchTarget = { name: "sigma-delta bytes/s of copy", achieved, wanted, unit: "", better: "higher" };
  if (isGpu(adapter)) return [share];
  const fastestMs = Math.min(...sigmaDelta.map(({ timing, cameras: count }) => timing.medianMs / count));
  return [
    share,
    {
      name: "8K pictures",
      achieved: perSecond(1, fastestMs),
      wanted: targets.motion.framesPerSecond8k,
      unit: "pictures/s",
      better: "higher",
    },
  ];
}

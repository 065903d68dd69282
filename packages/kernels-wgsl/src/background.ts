/**
 * The background of one camera, which moves with its frames: op `motion`.
 *
 * The host knows the mode and how many frames it has seen; everything per pixel is on the device. The first frame, and the first of
 * another mode, becomes the background.
 */
import { assert } from "@skyvox/core";
import type { CameraSpec, GaussianParams, MotionMode, MotionParams } from "@skyvox/kernels";
import type { Bound } from "./bind-groups.ts";
import type { DeviceBuffer } from "./buffers.ts";
import { WORKGROUP } from "./program.ts";
import type { Step } from "./step.ts";
import { type DeviceTable, emptyTable, finishList, groupsOf } from "./tables.ts";

/** A background on the device. */
export class Background {
  readonly #spec: CameraSpec;
  /** Table "motion". */
  readonly #table: DeviceTable;
  #mode: MotionMode | null = null;
  /** What the mode keeps per pixel, by its name in WGSL. */
  #state: Readonly<Record<string, DeviceBuffer>> = {};
  #frameCount = 0;

  constructor(spec: CameraSpec, table: DeviceTable) {
    this.#spec = spec;
    this.#table = table;
  }

  /** How far the pixels of the last frame were from their mean; null unless that frame has been compared in mode gaussian. */
  get deviation(): DeviceBuffer | null {
    return this.#frameCount < 2 ? null : (this.#state.deviation ?? null);
  }

  close(step: Step): void {
    step.release(...Object.values(this.#state));
  }

  /** Compares a frame and lists what moves. */
  motion(step: Step, pixels: Uint8Array, params: MotionParams): void {
    const picture = step.uploadBytes(pixels);
    if (this.#mode === params.mode) {
      this.#find(step, picture, params);
      this.#frameCount = Math.min(this.#frameCount + 1, FRAME_COUNT_MAX);
      return;
    }
    this.close(step);
    this.#begin(step, picture, params);
    this.#mode = params.mode;
    this.#frameCount = 1;
    emptyTable(step, this.#table);
  }

  #begin(step: Step, picture: DeviceBuffer, params: MotionParams): void {
    const groups = groupsOf(this.#threads);
    if (params.mode === "gaussian") {
      const bytes = 4 * PIXELS_PER_THREAD * this.#threads;
      this.#state = { slow: step.take(bytes), varianceFast: step.take(bytes), deviation: step.take(bytes) };
      step.run(this.#bind(step, "gaussian", picture), "begin", this.#gaussianWords(params), groups);
    } else if (params.mode === "average") {
      this.#state = { levels: step.take(2 * PIXELS_PER_THREAD * this.#threads) };
      step.run(this.#bind(step, "motion", picture), "beginAverage", this.#levelWords(params), groups);
    } else {
      const levels = step.take(PIXELS_PER_THREAD * this.#threads);
      this.#state = { levels };
      step.copy(picture, levels, Math.min(levels.byteLength, picture.byteLength));
    }
  }

  #find(step: Step, picture: DeviceBuffer, params: MotionParams): void {
    const isGaussian = params.mode === "gaussian";
    const bound = this.#bind(step, isGaussian ? "gaussian" : "motion", picture);
    const words = isGaussian ? this.#gaussianWords(params) : this.#levelWords(params);
    const blocks = groupsOf(this.#threads);
    step.run(bound, params.mode === "average" ? "findAverage" : "find", words, blocks);
    finishList(step, this.#table, { counts: step.scratch("counts", 4 * (blocks + 1)), blocks });
    step.run(bound, "place", words, blocks);
  }

  #bind(step: Step, program: "motion" | "gaussian", pixels: DeviceBuffer): Bound {
    const blocks = groupsOf(this.#threads);
    return step.bind(step.programs[program], {
      pixels,
      ...this.#state,
      staged: step.scratch("staged", 4 * PIXELS_PER_THREAD * WORKGROUP * blocks),
      counts: step.scratch("counts", 4 * (blocks + 1)),
      rows: this.#table.rows,
    });
  }

  get #pixelCount(): number {
    return this.#spec.widthPx * this.#spec.heightPx;
  }

  get #threads(): number {
    return Math.ceil(this.#pixelCount / PIXELS_PER_THREAD);
  }

  /** Parameters of motion.wgsl; `diff` is a step that reaches any grey level. */
  #levelWords({ mode, threshold, step = 1 }: MotionParams): number[] {
    const { widthPx, motionMax } = this.#spec;
    return [this.#pixelCount, widthPx, threshold, mode === "diff" ? 255 : step, motionMax];
  }

  /** Parameters of gaussian.wgsl. A young background follows quickly. */
  #gaussianWords({ threshold, gaussian }: MotionParams): number[] {
    assert(gaussian !== undefined, "mode gaussian has its parameters");
    const { widthPx, motionMax } = this.#spec;
    const { slowShift, holdShift, fastShift, snrMinQ4, varianceMinQ8 }: GaussianParams = gaussian;
    const s = Math.min(slowShift, 32 - Math.clz32(this.#frameCount));
    return [this.#pixelCount, widthPx, threshold, motionMax, s, holdShift, fastShift, snrMinQ4, varianceMinQ8];
  }
}

const PIXELS_PER_THREAD = 16;
const FRAME_COUNT_MAX = 2 ** 20;

import { assert, type CameraId } from "@skyvox/core";
import type { TaskId } from "./task.ts";

/** Keeps account of the frames of each camera that are in hand, so that a camera faster than its worker loses its oldest frames. */
export class CameraFrames {
  readonly #framesMax: number;
  readonly #byCamera = new Map<CameraId, TaskId[]>();
  readonly #cameras = new Map<TaskId, CameraId>();
  #dropped = 0;

  constructor(options: { readonly framesPerCameraMax: number }) {
    assert(Number.isInteger(options.framesPerCameraMax), "framesPerCameraMax is a count");
    assert(options.framesPerCameraMax >= 1, "a camera has at least one frame in hand");
    this.#framesMax = options.framesPerCameraMax;
  }

  /** Frames that were cancelled for newer ones. */
  get droppedCount(): number {
    return this.#dropped;
  }

  /**
   * Names the frame that gives way to the next one of a camera: the oldest that has not begun.
   *
   * @returns null where there is room, "none" where all frames in hand have begun, so that the next one has to be refused.
   */
  givesWay(camera: CameraId, hasBegun: (id: TaskId) => boolean): TaskId | "none" | null {
    const frames = this.#byCamera.get(camera) ?? [];
    if (frames.length < this.#framesMax) return null;
    return frames.find((id) => !hasBegun(id)) ?? "none";
  }

  /** Counts a frame that was cancelled or refused for want of room. */
  drop(): void {
    this.#dropped += 1;
  }

  add(camera: CameraId, id: TaskId): void {
    const frames = this.#byCamera.get(camera) ?? [];
    frames.push(id);
    this.#byCamera.set(camera, frames);
    this.#cameras.set(id, camera);
  }

  /** Forgets a task that is settled; one that is no frame is none of its business. */
  settle(id: TaskId): void {
    const camera = this.#cameras.get(id);
    if (camera === undefined) return;
    this.#cameras.delete(id);
    const rest = (this.#byCamera.get(camera) ?? []).filter((frame) => frame !== id);
    if (rest.length === 0) this.#byCamera.delete(camera);
    else this.#byCamera.set(camera, rest);
  }
}

/**
 * Views waiting for their turn: they are taken in the order of their capture, whatever the order they came in.
 *
 * A view waits until the horizon (the time of the step less the lag) has passed its capture. What was captured before a horizon that has
 * already been taken is late for good; a second view of one camera and instant is no news. Both are counted and dropped.
 */
import { type CameraId, NS_PER_S } from "@skyvox/core";
import type { BearingView } from "./bearing-view.ts";

/** A view with the index of its camera. */
export interface QueuedView {
  readonly camera: number;
  readonly view: BearingView;
}

/** Holds the views that wait. */
export class ViewQueue {
  lateCount = 0;
  repeatedCount = 0;
  readonly #indexOf: ReadonlyMap<CameraId, number>;
  #waiting: QueuedView[] = [];
  #horizonNs: bigint | null = null;

  /** `cameras` are the ids that views may have; their order gives the indices. */
  constructor(cameras: readonly CameraId[]) {
    this.#indexOf = new Map(cameras.map((camera, index) => [camera, index]));
  }

  /** Takes views in; returns the id of one whose camera is not known, or null. */
  add(views: readonly BearingView[]): CameraId | null {
    for (const view of views) {
      const camera = this.#indexOf.get(view.camera);
      if (camera === undefined) return view.camera;
      if (this.#horizonNs !== null && view.captureNs <= this.#horizonNs) this.lateCount++;
      else this.#waiting.push({ camera, view });
    }
    return null;
  }

  /** Takes out what was captured up to the horizon, in groups of at most `viewsMax` views of different cameras within `groupS`. */
  take(horizonNs: bigint, { groupS, viewsMax }: { groupS: number; viewsMax: number }): QueuedView[][] {
    const ready = this.#waiting.filter(({ view }) => view.captureNs <= horizonNs).sort(compareQueued);
    this.#waiting = this.#waiting.filter(({ view }) => view.captureNs > horizonNs);
    this.#horizonNs = horizonNs;
    const groupNs = BigInt(Math.round(groupS * Number(NS_PER_S)));
    const groups: QueuedView[][] = [];
    let group: QueuedView[] = [];
    for (const [place, queued] of ready.entries()) {
      const before = ready[place - 1];
      if (before?.camera === queued.camera && before.view.captureNs === queued.view.captureNs) {
        this.repeatedCount++;
        continue;
      }
      const first = group[0];
      const fits =
        first !== undefined &&
        queued.view.captureNs - first.view.captureNs <= groupNs &&
        group.length < viewsMax &&
        group.every(({ camera }) => camera !== queued.camera);
      if (!fits) {
        group = [];
        groups.push(group);
      }
      group.push(queued);
    }
    // Within a group the order is that of the cameras: it may hold views of slightly different instants.
    for (const members of groups) members.sort((a, b) => a.camera - b.camera);
    return groups;
  }
}

/** By capture, then camera; of two views of one camera and instant the one with the lesser rows comes first. */
function compareQueued(a: QueuedView, b: QueuedView): number {
  if (a.view.captureNs !== b.view.captureNs) return a.view.captureNs < b.view.captureNs ? -1 : 1;
  if (a.camera !== b.camera) return a.camera - b.camera;
  const [rows, others] = [a.view.bearings, b.view.bearings];
  for (let k = 0; k < Math.min(rows.length, others.length); k++) {
    const apart = rows[k]! - others[k]!;
    if (apart !== 0) return apart;
  }
  return rows.length - others.length;
}

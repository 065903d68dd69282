/**
 * The rays of one grid: op `rays`.
 *
 * The host knows how many rays there are; their directions are made and stay on the device. Points of several views that come one after
 * the other become rays in one dispatch, when an op needs them or the time step ends.
 */
import { SkyvoxError } from "@skyvox/core";
import type { RayModel } from "@skyvox/kernels";
import type { DeviceBuffer } from "./buffers.ts";
import type { Step } from "./step.ts";
import { closeTable, type DeviceTable, groupsOf, openTables } from "./tables.ts";
import type { Upload } from "./uploads.ts";
import { Views } from "./views.ts";

/** Points that have been uploaded and are no rays yet. */
interface Points extends Upload {
  count: number;
  /** Row of the first of their rays. */
  readonly first: number;
}

/** Rays of a grid. */
export class RayList {
  readonly table: DeviceTable;
  readonly #views: Views;
  #count = 0;
  /** Of all weights since the last `clear`. */
  #weightTotal = 0;
  #waiting: Points | null = null;

  /** @throws {SkyvoxError} code "capacity" when the table is too large for a buffer of the device. */
  constructor(raysMax: number, step: Step) {
    this.table = openTables(step, { rays: { rowWords: RAY_WORDS, rowsMax: raysMax, overflowBit: 0 } }).rays;
    this.#views = new Views(step);
  }

  /** How many rays there are. */
  get count(): number {
    return this.#count;
  }

  /** Makes the rays and views ready for a kernel that walks them; returns what it binds. */
  settle(step: Step): { rays: DeviceBuffer; views: DeviceBuffer } {
    this.makeRays(step);
    this.#views.settle(step);
    return { rays: this.table.rows, views: this.#views.buffer };
  }

  close(step: Step): void {
    closeTable(step, this.table);
    this.#views.close(step);
  }

  hasView(view: number): boolean {
    return this.#views.has(view);
  }

  setView(step: Step, view: number, model: RayModel): void {
    // Rays that were added are of the view as it was.
    this.makeRays(step);
    this.#views.set(view, model);
  }

  /** @throws {SkyvoxError} code "capacity" when `raysMax` or a weight total of 2^32 would be passed. */
  append(step: Step, view: number, points: Uint32Array): void {
    const count = points.length / POINT_WORDS;
    this.#admit(count, points);
    const first = this.#count;
    this.#count += count;
    if (count > GATHERED_POINTS_MAX) {
      this.makeRays(step);
      this.#run(step, { ...step.upload(points), count, first }, view);
      return;
    }
    const { buffer, at, words } = step.reserve(points.length);
    words.set(points);
    for (let word = VIEW_WORD; word < words.length; word += POINT_WORDS) words[word] = view;
    const waiting = this.#waiting;
    if (waiting?.buffer === buffer && waiting.at + POINT_WORDS * waiting.count === at) {
      waiting.count += count;
      return;
    }
    this.makeRays(step);
    this.#waiting = { buffer, at, count, first };
  }

  /** Records that points which wait become rays: they must in the time step that uploads them. */
  makeRays(step: Step): void {
    if (this.#waiting !== null) this.#run(step, this.#waiting, EACH_ITS_OWN);
    this.#waiting = null;
  }

  /** Forgets the rays; the total of their weights stays, as what they have been added to does. */
  useUp(): void {
    this.#count = 0;
  }

  clear(): void {
    this.#count = 0;
    this.#weightTotal = 0;
    this.#waiting = null;
  }

  #run(step: Step, { buffer, at, count, first }: Points, view: number): void {
    this.#views.settle(step);
    const { buffer: views, nodes } = this.#views;
    const bound = step.bind(step.programs.rays, { points: buffer, rays: this.table.rows, views, bendNodes: nodes });
    step.run(bound, "append", [count, at, first, view], groupsOf(count));
  }

  #admit(count: number, points: Uint32Array): void {
    const raysMax = this.table.rowsMax;
    if (this.#count + count > raysMax) {
      throw new SkyvoxError("capacity", `Cannot add ${count} rays: ${this.#count} are there, need at most ${raysMax}`);
    }
    let weightTotal = this.#weightTotal;
    for (let p = 2; p < points.length; p += POINT_WORDS) weightTotal += points[p]!;
    if (weightTotal >= 2 ** 32) {
      const found = `weights sum to ${weightTotal}, need less than 2^32`;
      throw new SkyvoxError("capacity", `Cannot add ${count} rays: ${found}`);
    }
    this.#weightTotal = weightTotal;
  }
}

const RAY_WORDS = 5;
const POINT_WORDS = 4;
/** Where the device reads the view of a point that waits with others. */
const VIEW_WORD = 3;
/** Instead of a view: each point says its own, as in rays.wgsl. */
const EACH_ITS_OWN = 0xffffffff;
/** Points of one call that wait for those of others, 64 KiB; more are a dispatch of their own. */
const GATHERED_POINTS_MAX = 2 ** 12;

/**
 * The rays of one grid and the views they come from: op `rays`.
 *
 * The host knows how many rays there are; their directions are made and stay on the device. Views lie there as `views.wgsl` says, each
 * with the nodes of its lens in a buffer of its own. A view that is set again with the very same nodes keeps them: a camera that moves
 * keeps its lens.
 */
import { SkyvoxError } from "@skyvox/core";
import type { RayModel } from "@skyvox/kernels";
import type { DeviceBuffer } from "./buffers.ts";
import type { Step } from "./step.ts";
import { closeTable, type DeviceTable, groupsOf, openTables } from "./tables.ts";

/** Words of a ray. */
const RAY_WORDS = 5;
/** Words of a view, as in views.wgsl. */
const VIEW_WORDS = 24;
const VIEWS_MAX = 32;

interface Lens {
  readonly bendQ12: Int32Array;
  readonly nodes: DeviceBuffer;
}

/** Rays of a grid. */
export class RayList {
  readonly table: DeviceTable;
  /** All views, `VIEW_WORDS` each. */
  readonly views: DeviceBuffer;
  readonly #lenses = new Map<number, Lens>();
  readonly #viewsSet = new Set<number>();
  #count = 0;
  /** Of all weights since the last `clear`. */
  #weightTotal = 0;

  /** @throws {SkyvoxError} code "capacity" when the table is too large for a buffer of the device. */
  constructor(raysMax: number, step: Step) {
    this.table = openTables(step, { rays: { rowWords: RAY_WORDS, rowsMax: raysMax, overflowBit: 0 } }).rays;
    this.views = step.take(4 * VIEW_WORDS * VIEWS_MAX);
  }

  /** How many rays there are. */
  get count(): number {
    return this.#count;
  }

  close(step: Step): void {
    closeTable(step, this.table);
    step.release(this.views);
    for (const { nodes } of this.#lenses.values()) step.release(nodes);
  }

  hasView(view: number): boolean {
    return this.#viewsSet.has(view);
  }

  setView(step: Step, view: number, model: RayModel): void {
    const { originQ20, a, b, c, fractionBits, principalU, principalV, bendShift, bendColumns, bendRows } = model;
    const lens = [fractionBits, principalU, principalV, bendShift, bendColumns, bendRows];
    const words = Int32Array.from([...originQ20, ...a, ...b, ...c, ...lens]);
    const { buffer, at } = step.upload(words);
    step.copy(buffer, this.views, words.byteLength, 4 * at, 4 * VIEW_WORDS * view);
    this.#viewsSet.add(view);
    this.#setLens(step, view, model.bendQ12);
  }

  #setLens(step: Step, view: number, bendQ12: Int32Array): void {
    const known = this.#lenses.get(view);
    if (known?.bendQ12 === bendQ12) return;
    if (known !== undefined) step.release(known.nodes);
    this.#lenses.delete(view);
    if (bendQ12.length === 0) return;
    const nodes = step.take(bendQ12.byteLength);
    const { buffer, at } = step.upload(bendQ12);
    step.copy(buffer, nodes, bendQ12.byteLength, 4 * at);
    this.#lenses.set(view, { bendQ12, nodes });
  }

  /** @throws {SkyvoxError} code "capacity" when `raysMax` or a weight total of 2^32 would be passed. */
  append(step: Step, view: number, points: Uint32Array): void {
    const count = points.length / 4;
    this.#admit(count, points);
    const { buffer, at } = step.upload(points);
    const bound = step.bind(step.programs.rays, {
      points: buffer,
      rays: this.table.rows,
      views: this.views,
      // Without a lens no node is read.
      bendNodes: this.#lenses.get(view)?.nodes ?? this.views,
    });
    step.run(bound, "append", [count, at, this.#count, view], groupsOf(count));
    this.#count += count;
  }

  #admit(count: number, points: Uint32Array): void {
    const raysMax = this.table.rowsMax;
    if (this.#count + count > raysMax) {
      throw new SkyvoxError("capacity", `Cannot add ${count} rays: ${this.#count} are there, need at most ${raysMax}`);
    }
    let weightTotal = this.#weightTotal;
    for (let p = 2; p < points.length; p += 4) weightTotal += points[p]!;
    if (weightTotal >= 2 ** 32) {
      const found = `weights sum to ${weightTotal}, need less than 2^32`;
      throw new SkyvoxError("capacity", `Cannot add ${count} rays: ${found}`);
    }
    this.#weightTotal = weightTotal;
  }

  /** Forgets the rays; the total of their weights stays, as what they have been added to does. */
  useUp(): void {
    this.#count = 0;
  }

  clear(): void {
    this.#count = 0;
    this.#weightTotal = 0;
  }
}

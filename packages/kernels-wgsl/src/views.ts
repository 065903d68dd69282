/**
 * The views of one grid on the device, as `views.wgsl` says, with the nodes of all their lenses in one buffer.
 *
 * What is set stays on the host until an op needs it. A view that is set again with the very same nodes keeps them, and views of one
 * lens share them: a camera that moves keeps its lens.
 */
import type { RayModel } from "@skyvox/kernels";
import type { DeviceBuffer } from "./buffers.ts";
import type { Step } from "./step.ts";

/** Words of a view, as in views.wgsl. */
const VIEW_WORDS = 24;
const VIEWS_MAX = 32;
/** Which word says where its nodes begin. */
const NODES_AT_WORD = 18;

/** Views of a grid. */
export class Views {
  /** All views, `VIEW_WORDS` each; what was set before the last `settle`. */
  readonly buffer: DeviceBuffer;
  #nodes: DeviceBuffer | null = null;
  readonly #words = new Int32Array(VIEW_WORDS * VIEWS_MAX);
  /** Nodes by view; of no length where there is no lens. */
  readonly #lenses = new Map<number, Int32Array>();
  #isSettled = true;
  #areNodesSettled = true;

  constructor(step: Step) {
    this.buffer = step.take(4 * VIEW_WORDS * VIEWS_MAX);
  }

  /** The nodes of all lenses; without any it is a buffer that nothing is read of. */
  get nodes(): DeviceBuffer {
    return this.#nodes ?? this.buffer;
  }

  has(view: number): boolean {
    return this.#lenses.has(view);
  }

  set(view: number, { originQ20, a, b, c, fractionBits, principalU, principalV, ...lens }: RayModel): void {
    const { bendShift, bendColumns, bendRows, bendQ12 } = lens;
    const words = [...originQ20, ...a, ...b, ...c, fractionBits, principalU, principalV];
    this.#words.set([...words, bendShift, bendColumns, bendRows], VIEW_WORDS * view);
    this.#isSettled = false;
    const known = this.#lenses.get(view);
    this.#lenses.set(view, bendQ12);
    if (known !== bendQ12 && (known?.length ?? 0) + bendQ12.length > 0) this.#areNodesSettled = false;
  }

  /** Records that the device gets what has been set since. */
  settle(step: Step): void {
    if (this.#isSettled) return;
    if (!this.#areNodesSettled) this.#settleNodes(step);
    const { buffer, at } = step.upload(this.#words);
    step.copy(buffer, this.buffer, this.#words.byteLength, 4 * at);
    this.#isSettled = true;
  }

  close(step: Step): void {
    step.release(this.buffer);
    if (this.#nodes !== null) step.release(this.#nodes);
  }

  #settleNodes(step: Step): void {
    const lenses = new Set(this.#lenses.values());
    const total = [...lenses].reduce((words, { length }) => words + length, 0);
    if (this.#nodes !== null) step.release(this.#nodes);
    this.#nodes = total === 0 ? null : step.take(4 * total);
    let first = 0;
    for (const lens of lenses) {
      for (const [view, other] of this.#lenses) {
        if (other === lens) this.#words[VIEW_WORDS * view + NODES_AT_WORD] = first;
      }
      if (lens.length === 0) continue;
      const { buffer, at } = step.upload(lens);
      step.copy(buffer, this.nodes, lens.byteLength, 4 * at, 4 * first);
      first += lens.length;
    }
    this.#areNodesSettled = true;
  }
}

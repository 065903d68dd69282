/**
 * Memory of the host that a GPU reads: how large uploads get to it.
 *
 * What is written through the queue takes fresh memory for every write, and on a GPU that costs more than filling it. Here buffers are
 * kept: filled while they are mapped, copied from by a command, and mapped again when the device has run it. Where none is ready, as in
 * the first time step, the caller writes through the queue, and there is one more for the time steps to come.
 */
import { sizeClass } from "./buffers.ts";

/** Staging buffers of one open backend. */
export class Staging implements Disposable {
  readonly #device: GPUDevice;
  readonly #bytesMin: number;
  /** All, with the submission that used each last. */
  readonly #kept = new Map<GPUBuffer, number>();
  /** Those that are mapped and not lent. */
  readonly #ready = new Set<GPUBuffer>();
  #submissions = 0;

  /** @param bytesMin what is smaller is written through the queue; infinite where the queue is faster for all. */
  constructor(device: GPUDevice, bytesMin: number) {
    this.#device = device;
    this.#bytesMin = bytesMin;
  }

  /** Whether uploads of so many bytes go through here where there is room. */
  isFor(byteLength: number): boolean {
    return byteLength >= this.#bytesMin;
  }

  /**
   * Puts bytes at the start of a buffer that commands can copy from, with zeros up to a whole word; the caller gives the buffer back
   * when they are submitted. Null where none is ready.
   */
  stage(bytes: Uint8Array): GPUBuffer | null {
    const buffer = this.#find(bytes.length);
    if (buffer === null) return null;
    this.#ready.delete(buffer);
    const mapped = new Uint8Array(buffer.getMappedRange(0, 4 * Math.ceil(bytes.length / 4)));
    mapped.set(bytes);
    mapped.fill(0, bytes.length);
    buffer.unmap();
    return buffer;
  }

  /**
   * Takes back what commands use that have been submitted, and makes buffers for uploads that found none, of so many bytes each. There
   * are at most `KEPT_PER_UPLOAD` for every upload of a submission: one is filled while the device reads another. What
   * `IDLE_SUBMISSIONS_MAX` submissions have not used is destroyed.
   */
  give(used: readonly GPUBuffer[], missed: readonly number[]): void {
    this.#submissions += 1;
    for (const buffer of used) {
      // After dispose all are gone.
      if (!this.#kept.has(buffer)) continue;
      this.#kept.set(buffer, this.#submissions);
      this.#map(buffer);
    }
    for (const buffer of this.#ready) {
      if (this.#submissions - this.#kept.get(buffer)! > IDLE_SUBMISSIONS_MAX) this.#destroy(buffer);
    }
    const keptMax = KEPT_PER_UPLOAD * (used.length + missed.length);
    for (const byteLength of missed) if (this.#kept.size < keptMax) this.#create(byteLength);
  }

  [Symbol.dispose](): void {
    for (const buffer of [...this.#kept.keys()]) this.#destroy(buffer);
  }

  /** The smallest buffer that is ready and large enough, and not far too large. */
  #find(byteLength: number): GPUBuffer | null {
    let best: GPUBuffer | null = null;
    for (const buffer of this.#ready) {
      // One of a lost device is no longer mapped.
      if (buffer.size < byteLength || buffer.size > 2 * sizeClass(byteLength) || buffer.mapState !== "mapped") continue;
      if (best === null || buffer.size < best.size) best = buffer;
    }
    return best;
  }

  #create(byteLength: number): void {
    const size = Math.min(sizeClass(byteLength), this.#device.limits.maxBufferSize);
    this.#device.pushErrorScope("out-of-memory");
    const buffer = this.#device.createBuffer({ size, usage: GPUBufferUsage.MAP_WRITE | GPUBufferUsage.COPY_SRC });
    this.#kept.set(buffer, this.#submissions);
    const isRefused = () => this.#destroy(buffer);
    this.#device.popErrorScope().then((error) => (error === null ? this.#map(buffer) : isRefused()), isRefused);
  }

  /** Waits until the device no longer reads a buffer. What cannot be mapped, as its device is lost, is not needed any more. */
  #map(buffer: GPUBuffer): void {
    const isMapped = () => {
      if (this.#kept.has(buffer)) this.#ready.add(buffer);
    };
    buffer.mapAsync(GPUMapMode.WRITE).then(isMapped, () => this.#destroy(buffer));
  }

  #destroy(buffer: GPUBuffer): void {
    this.#kept.delete(buffer);
    this.#ready.delete(buffer);
    buffer.destroy();
  }
}

const KEPT_PER_UPLOAD = 2;
const IDLE_SUBMISSIONS_MAX = 16;

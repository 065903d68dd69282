/**
 * Why each camera saw or did not see each track in its last view: what an operator asks first.
 *
 * One entry per slot and camera, overwritten by every view of that camera.
 */
import type { CameraId, TrackId } from "@skyvox/core";

/** What became of a track in the last view of a camera. */
export type SightReason =
  /** The camera had no view since the track began. */
  | "not-looked"
  /** The camera saw it. */
  | "seen"
  /** Its predicted place lies outside the picture. */
  | "outside-picture"
  /** Nothing near its predicted place. */
  | "no-bearing"
  /** The nearest bearing lies outside its gate. */
  | "outside-gate"
  /** The bearing in its gate went to another track. */
  | "claimed"
  /** Its bearing does not agree with those of the other cameras. */
  | "disagrees";

/** One camera's word on one track. */
export interface SightExplanation {
  readonly camera: CameraId;
  readonly reason: SightReason;
  /** Distance of the bearing from its predicted place, pixels; null where there is no bearing. */
  readonly residualPx: number | null;
  /** The same squared in its sigmas: chi-square of two degrees of freedom for the track's own. */
  readonly nis: number | null;
  /** The track that has the bearing, for "claimed"; null where that has no id yet. */
  readonly claimedBy: TrackId | null;
}

/** Reasons in the order of their codes. */
const SIGHT_REASONS: readonly SightReason[] = [
  "not-looked",
  "seen",
  "outside-picture",
  "no-bearing",
  "outside-gate",
  "claimed",
  "disagrees",
];

/** Entries of all slots of a pool. */
export class SightLog {
  readonly #cameraCount: number;
  readonly #reasons: Uint8Array;
  readonly #residualsPx: Float64Array;
  readonly #nis: Float64Array;
  readonly #rivals: Int32Array;

  constructor(capacity: number, cameraCount: number) {
    this.#cameraCount = cameraCount;
    this.#reasons = new Uint8Array(capacity * cameraCount);
    this.#residualsPx = new Float64Array(capacity * cameraCount);
    this.#nis = new Float64Array(capacity * cameraCount);
    this.#rivals = new Int32Array(capacity * cameraCount);
  }

  /** Forgets a slot. */
  clear(slot: number): void {
    const at = slot * this.#cameraCount;
    this.#reasons.fill(0, at, at + this.#cameraCount);
  }

  /** Notes a reason; `residualPx` and `nis` are NaN where there is no bearing, `rival` is a slot or -1. */
  note(slot: number, camera: number, reason: SightReason, residualPx: number, nis: number, rival: number): void {
    const at = slot * this.#cameraCount + camera;
    this.#reasons[at] = SIGHT_REASONS.indexOf(reason);
    this.#residualsPx[at] = residualPx;
    this.#nis[at] = nis;
    this.#rivals[at] = rival;
  }

  /** Says afterwards that a bearing taken does not agree with the others. */
  disagree(slot: number, camera: number): void {
    this.#reasons[slot * this.#cameraCount + camera] = SIGHT_REASONS.indexOf("disagrees");
  }

  /** Returns how many cameras saw both of two tracks in their last views. */
  seenTogether(a: number, b: number): number {
    let count = 0;
    for (let camera = 0; camera < this.#cameraCount; camera++) {
      const both =
        this.#reasons[a * this.#cameraCount + camera] === SEEN &&
        this.#reasons[b * this.#cameraCount + camera] === SEEN;
      if (both) count++;
    }
    return count;
  }

  /** Tells all cameras' entries of a slot; `idOf` names the track in another slot. */
  explain(slot: number, cameras: readonly CameraId[], idOf: (slot: number) => TrackId | null): SightExplanation[] {
    return cameras.map((camera, index) => {
      const at = slot * this.#cameraCount + index;
      const numberOf = (value: number): number | null => (Number.isNaN(value) ? null : value);
      const reason = SIGHT_REASONS[this.#reasons[at]!] ?? "not-looked";
      const isMeasured = reason !== "not-looked";
      const rival = this.#rivals[at]!;
      return {
        camera,
        reason,
        residualPx: isMeasured ? numberOf(this.#residualsPx[at]!) : null,
        nis: isMeasured ? numberOf(this.#nis[at]!) : null,
        claimedBy: reason === "claimed" && rival >= 0 ? idOf(rival) : null,
      };
    });
  }
}

const SEEN = SIGHT_REASONS.indexOf("seen");

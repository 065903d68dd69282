import { closeSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { messageOf, SkyvoxError, secondsFromNs, type TrackUpdate } from "@skyvox/core";

/** First line of a track file. Positions in metres, velocities in metres per second, local east-north-up; covariance in square metres. */
export const TRACKS_CSV_HEADER =
  "time_s,track_id,state,e_m,n_m,u_m,ve_mps,vn_mps,vu_mps,cov_ee_m2,cov_en_m2,cov_eu_m2,cov_nn_m2,cov_nu_m2,cov_uu_m2";

/**
 * Writes one row per track and frame set. Every frame set is written out before the next begins, so a run that is cut off leaves a file
 * of whole rows.
 */
export class TracksCsv implements Disposable {
  readonly #path: string;
  #file: number | null;
  #length = 0;

  /** @throws {SkyvoxError} "io" when the file cannot be made. */
  constructor(path: string) {
    this.#path = path;
    this.#file = this.#attempt(() => openSync(path, "w"));
    this.#write(`${TRACKS_CSV_HEADER}\n`);
  }

  /** @throws {SkyvoxError} "io" when the disk is full or the file is gone. */
  append(updates: readonly TrackUpdate[]): void {
    const rows = updates.filter((update) => update.state !== "deleted").map(rowOf);
    if (rows.length > 0) this.#write(`${rows.join("\n")}\n`);
  }

  [Symbol.dispose](): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }

  #write(text: string): void {
    const file = this.#file;
    if (file === null) return;
    const bytes = Buffer.from(text);
    this.#attempt(() => {
      try {
        for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
        this.#length += bytes.length;
      } catch (error) {
        // A full disk takes part of a row: what stays must be whole rows.
        ftruncateSync(file, this.#length);
        throw error;
      }
    });
  }

  #attempt<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      throw new SkyvoxError("io", `Cannot write tracks to "${this.#path}": ${messageOf(error)}, need a writable file`, {
        cause: error,
      });
    }
  }
}

function rowOf(update: TrackUpdate): string {
  const covariance = [0, 1, 2, 7, 8, 14].map((index) => decimal(update.covariance[index] ?? 0, 9));
  const numbers = [...update.positionEnuM, ...update.velocityEnuMps].map((value) => decimal(value, 6));
  return [decimal(secondsFromNs(update.timeNs), 6), update.id, update.state, ...numbers, ...covariance].join(",");
}

/** Prints a fixed number of decimals; a value that rounds to zero carries no sign. */
function decimal(value: number, digits: number): string {
  const text = value.toFixed(digits);
  return Number(text) === 0 ? text.replace("-", "") : text;
}

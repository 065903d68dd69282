import type { Prng } from "@skyvox/core";
import type { Kernels } from "../src/kernels.ts";
import type { Reading } from "./reading-log.ts";

/** A script that any backend can run; its readings must equal the reference's to the last bit, for each of its seeds. */
export interface ConformanceCase {
  /** The op first: "cast: one ray from every side". */
  readonly name: string;
  /** Seeds 0 … seeds - 1 belong to the exam and have golden hashes. */
  readonly seeds: number;
  run(kernels: Kernels, prng: Prng): Promise<Reading[]>;
}

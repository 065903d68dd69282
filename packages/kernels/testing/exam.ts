/**
 * The exam of a backend, without a test runner: every case against the reference, word by word, and against golden hashes.
 *
 * A case is a script that reads tables; it runs on the backend and on the reference with the same seed. The golden hashes of
 * `golden.json` pin the reference itself, so that nobody moves all backends at once without noticing.
 */
import { createPrng } from "@skyvox/core";
import type { Kernels } from "../src/kernels.ts";
import { differenceOf } from "../src/table.ts";
import type { ConformanceCase } from "./case.ts";
import { cameraCases } from "./cases-camera.ts";
import { detectCases } from "./cases-detect.ts";
import { fuseCases } from "./cases-fuse.ts";
import { gridCases } from "./cases-grid.ts";
import { walkCases } from "./cases-walk.ts";
import { worldCases } from "./cases-world.ts";
import goldenHashes from "./golden.json";
import type { Reading } from "./reading-log.ts";

/** All cases of the exam, by op. */
export const conformanceCases: readonly ConformanceCase[] = [
  ...cameraCases,
  ...detectCases,
  ...fuseCases,
  ...gridCases,
  ...walkCases,
  ...worldCases,
];

/** Golden hash of each seed, by case. */
const golden: Readonly<Record<string, readonly string[]>> = goldenHashes;

/** Runs one case on seeds 0 … seeds - 1 and returns one line for each that failed. */
export async function examineCase(
  conformanceCase: ConformanceCase,
  kernels: Kernels,
  reference: Kernels,
  seeds: number,
): Promise<string[]> {
  const failures: string[] = [];
  for (let seed = 0; seed < seeds; seed++) {
    const expected = await runCase(conformanceCase, reference, seed);
    const got = await runCase(conformanceCase, kernels, seed);
    const hash = hashReadings(expected);
    const pinned = golden[conformanceCase.name]?.[seed];
    const isPinned = seed >= conformanceCase.seeds || pinned === hash;
    const wrong = firstDifference(expected, got) ?? (isPinned ? null : `the reference gives ${hash}, need ${pinned}`);
    if (wrong !== null) failures.push(`${conformanceCase.name}, seed ${seed}: ${wrong}`);
  }
  return failures;
}

/** Runs one case on one seed. */
export function runCase(conformanceCase: ConformanceCase, kernels: Kernels, seed: number): Promise<Reading[]> {
  return conformanceCase.run(kernels, createPrng(seed).fork(conformanceCase.name));
}

/** Names readings by 16 hex digits of SHA-256 over labels, counts, statuses and rows. */
export function hashReadings(readings: readonly Reading[]): string {
  const hasher = new Bun.CryptoHasher("sha256");
  for (const { label, table } of readings) {
    hasher.update(`${label} ${table.count} ${table.total} ${table.status} ${table.rows.length}\n`);
    hasher.update(table.rows);
  }
  return hasher.digest("hex").slice(0, 16);
}

/** Says where two lists of readings part: reading, row, word, expected and got; null where they are equal. */
export function firstDifference(expected: readonly Reading[], got: readonly Reading[]): string | null {
  if (expected.length !== got.length) return `${got.length} readings, expected ${expected.length}`;
  for (const [i, { label, table }] of expected.entries()) {
    const difference = differenceOf(table, got[i]!.table);
    if (difference !== null) return `${label}: ${difference}`;
  }
  return null;
}

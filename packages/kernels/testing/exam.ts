/**
 * The exam of a backend, without a test runner: every case against the reference, word by word, and against golden hashes.
 *
 * A case is a script that reads tables; it runs on the backend and on the reference with the same seed. The golden hashes of
 * `golden.json` pin the reference itself, so that nobody moves all backends at once without noticing.
 */
import { createPrng } from "@skyvox/core";
import type { Kernels } from "../src/kernels.ts";
import { referenceAdapter } from "../src/reference.ts";
import type { ConformanceCase } from "./case.ts";
import { cameraCases } from "./cases-camera.ts";
import { gridCases } from "./cases-grid.ts";
import { walkCases } from "./cases-walk.ts";
import goldenHashes from "./golden.json";
import { checkProperty, properties } from "./properties.ts";
import type { Reading } from "./reading-log.ts";

/** All cases of the exam, by op. */
export const conformanceCases: readonly ConformanceCase[] = [...cameraCases, ...gridCases, ...walkCases];

/** Golden hash of each seed, by case. */
const golden: Readonly<Record<string, readonly string[]>> = goldenHashes;

/** The outcome of an exam: how many runs of cases and rules there were, and one line for each that failed. */
export interface ConformanceResult {
  readonly cases: number;
  readonly failures: readonly string[];
}

/**
 * Examines an open backend.
 *
 * @param options.seeds how many seeds each case and rule runs; each has its own number where this is left out. Seeds beyond that
 * number have no golden hash and are compared with the reference alone.
 */
export async function runConformance(
  kernels: Kernels,
  options: { readonly seeds?: number } = {},
): Promise<ConformanceResult> {
  using reference = await referenceAdapter.open();
  const failures: string[] = [];
  let cases = 0;
  for (const conformanceCase of conformanceCases) {
    const seeds = options.seeds ?? conformanceCase.seeds;
    failures.push(...(await examineCase(conformanceCase, kernels, reference, seeds)));
    cases += seeds;
  }
  for (const property of properties) {
    const seeds = options.seeds ?? property.seeds;
    for (let seed = 0; seed < seeds; seed++) {
      const wrong = await checkProperty(property, kernels, seed);
      if (wrong !== null) failures.push(`${property.name}, seed ${seed}: ${wrong}`);
    }
    cases += seeds;
  }
  return { cases, failures };
}

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
  for (const [i, { label, rowWords, table: want }] of expected.entries()) {
    const have = got[i]!.table;
    for (const field of ["total", "count", "status"] as const) {
      if (have[field] !== want[field]) return `${label}: ${field} is ${have[field]}, expected ${want[field]}`;
    }
    if (have.rows.length !== want.rows.length)
      return `${label}: ${have.rows.length} words, expected ${want.rows.length}`;
    const at = want.rows.findIndex((word, w) => word !== have.rows[w]);
    if (at >= 0) {
      const place = `row ${Math.floor(at / rowWords)}, word ${at % rowWords}`;
      return `${label}: ${place} is ${have.rows[at]}, expected ${want.rows[at]}`;
    }
  }
  return null;
}

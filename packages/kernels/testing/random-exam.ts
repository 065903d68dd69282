/**
 * The exam on seeds that nobody has chosen: every case and every rule, on several backends at once.
 *
 * The seeds of the exam proper are few, so that it can run before every commit; these may be thousands, for a night. They have no golden
 * hashes: what the reference gives counts.
 */
import { messageOf } from "@skyvox/core";
import type { Kernels } from "../src/kernels.ts";
import { conformanceCases, firstDifference, runCase } from "./exam.ts";
import { checkProperty, properties } from "./properties.ts";

/** An open backend, and what to call it in a failure. */
export interface Examinee {
  readonly name: string;
  readonly kernels: Kernels;
}

/** How many cases and rules one seed runs. */
export const RUNS_PER_SEED: number = conformanceCases.length + properties.length;

/**
 * Runs all cases and rules on one seed.
 *
 * @returns one line for each that failed: backend, op, case, seed, and the first word that differs or what was thrown.
 */
export async function examineSeed(seed: number, reference: Kernels, examinees: readonly Examinee[]): Promise<string[]> {
  const failures: string[] = [];
  for (const entry of conformanceCases) {
    const expected = await runCase(entry, reference, seed);
    for (const { name, kernels } of examinees) {
      const wrong = await said(async () => firstDifference(expected, await runCase(entry, kernels, seed)));
      if (wrong !== null) failures.push(`${name}: ${entry.name}, seed ${seed}: ${wrong}`);
    }
  }
  for (const property of properties) {
    for (const { name, kernels } of examinees) {
      const wrong = await said(() => checkProperty(property, kernels, seed));
      if (wrong !== null) failures.push(`${name}: ${property.name}, seed ${seed}: ${wrong}`);
    }
  }
  return failures;
}

/** What a check says, or what it throws: one broken case must not hide the others. */
async function said(check: () => Promise<string | null>): Promise<string | null> {
  try {
    return await check();
  } catch (error) {
    return `thrown: ${messageOf(error)}`;
  }
}

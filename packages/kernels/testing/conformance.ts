/**
 * One exam for every backend, as tests.
 *
 * @example
 * ```ts
 * // packages/kernels-cpu/test/conformance.test.ts
 * import { conformance } from "@skyvox/kernels/conformance";
 * conformance("cpu, 2 threads", () => cpuAdapter.open({ threads: 2 }));
 * ```
 * @module
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Kernels } from "../src/kernels.ts";
import { referenceAdapter } from "../src/reference.ts";
import { contract } from "./contract.ts";
import { conformanceCases, examineCase } from "./exam.ts";
import { checkProperty, properties } from "./properties.ts";

/**
 * Registers the exam: one test per case, in which `open`'s backend must give the reference's tables to the last bit, and one per promise.
 *
 * @param seedsMax seeds per case, for a backend that takes long; by default all.
 */
export function conformance(
  name: string,
  open: () => Promise<Kernels>,
  seedsMax: number = Number.POSITIVE_INFINITY,
): void {
  describe(`Backend ${name} equals the reference`, () => {
    let kernels: Kernels;
    let reference: Kernels;
    beforeAll(async () => {
      kernels = await open();
      reference = await referenceAdapter.open();
    }, CASE_TIMEOUT_MS);
    afterAll(() => {
      kernels[Symbol.dispose]();
      reference[Symbol.dispose]();
    });
    const register = (entry: { name: string; seeds: number }, run: (seeds: number) => Promise<void>) => {
      const seeds = Math.min(entry.seeds, seedsMax);
      test(`${entry.name}, ${seeds} seeds`, () => run(seeds), CASE_TIMEOUT_MS);
    };
    for (const entry of conformanceCases) {
      register(entry, async (seeds) => expect(await examineCase(entry, kernels, reference, seeds)).toEqual([]));
    }
    for (const property of properties) {
      register(property, async (seeds) => {
        for (let seed = 0; seed < seeds; seed++) {
          expect(`seed ${seed}: ${await checkProperty(property, kernels, seed)}`).toBe(`seed ${seed}: null`);
        }
      });
    }
    for (const promised of contract) test(promised.name, () => promised.check(kernels, open), CASE_TIMEOUT_MS);
  });
}

/** A backend may be a GPU that is simulated on a busy machine. */
const CASE_TIMEOUT_MS = 60_000;

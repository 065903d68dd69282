/** Random calls of the C ABI on the emulated device, compiled with AddressSanitizer and UndefinedBehaviorSanitizer. */
import { describe, expect, test } from "bun:test";
import { buildRandomCalls, emulationReason } from "./emulated-build.ts";

const program = emulationReason === null ? await buildRandomCalls() : "";
const RUN_MS_MAX = 120_000;

describe.skipIf(emulationReason !== null)(
  `Random calls of the cuda kernels under sanitizers${emulationReason === null ? "" : `: ${emulationReason}`}`,
  () => {
    for (const seed of [1, 2, 3]) {
      test(
        `of seed ${seed} do not depend on the order of threads and touch no foreign memory`,
        async () => {
          const child = Bun.spawn([program, String(seed), "25"], { stdout: "pipe", stderr: "pipe" });
          const [said, errors] = await Promise.all(
            [child.stdout, child.stderr].map((pipe) => new Response(pipe).text()),
          );
          // The sanitizer says that it does not know the stacks of fibers; anything else it says ends the program.
          expect([await child.exited, said, errors]).toEqual([
            0,
            expect.stringMatching(/^\d{4,} calls agree\n$/),
            errors,
          ]);
        },
        RUN_MS_MAX,
      );
    }
  },
);

/**
 * The threads of a bulk connection under ThreadSanitizer: no report, every frame what was sent, whoever closes in the middle; and what is
 * taken out of their locking is reported.
 */
import { describe, expect, test } from "bun:test";
import { buildTestProgram, bulkSources, type Mutant, runToEnd } from "./native-program.ts";

const TSAN = ["-O1", "-fsanitize=thread"];
/** Ends at the first report. */
const environment = { ...process.env, TSAN_OPTIONS: "halt_on_error=1" };
const ROUNDS = "30";
const TEST_MS_MAX = 120_000;

const mutants: readonly (Mutant & { readonly name: string })[] = [
  {
    name: "looks at what is being sent after it has let go of the lock",
    file: "tcp/bulk-sender.c",
    from: "const int is_busy = sender->is_sending && sender->sending == transfer;\n  pthread_mutex_unlock(&sender->lock);",
    to: "pthread_mutex_unlock(&sender->lock);\n  const int is_busy = sender->is_sending && sender->sending == transfer;",
  },
  {
    name: "notes a result without the lock",
    file: "tcp/bulk-receiver.c",
    from: "pthread_mutex_lock(&receiver->lock);\n  receiver->results[receiver->done++ % SVT_OFFERS_MAX] = result;\n  pthread_mutex_unlock(&receiver->lock);",
    to: "receiver->results[receiver->done++ % SVT_OFFERS_MAX] = result;",
  },
  {
    name: "lets go of its memory before its thread has ended",
    file: "tcp/bulk-receiver.c",
    from: "pthread_join(receiver->thread, NULL);\n  release(receiver);",
    to: "release(receiver);",
  },
];

describe("The threads of a bulk connection", () => {
  test(
    "run without a report of ThreadSanitizer, and what comes is what was sent",
    async () => {
      const program = await buildTestProgram("bulk-stress", TSAN, undefined, bulkSources);
      const { status, output } = await runToEnd([program, ROUNDS], environment);
      expect([status, output]).toEqual([0, expect.stringMatching(/^\d+ came, \d+ taken back, \d+ cut off\n$/)]);
      const [came = 0, , cutOff = 0] = [...output.matchAll(/\d+/g)].map(Number);
      // A third of 48 fetches at least in each of 30 rounds, but for those that were taken back; a sender that goes cuts off the rest.
      expect(came).toBeGreaterThan(100);
      expect(cutOff).toBeGreaterThan(0);
    },
    TEST_MS_MAX,
  );

  for (const { name, ...mutant } of mutants) {
    test(
      `are reported where one ${name}`,
      async () => {
        const program = await buildTestProgram("bulk-stress", TSAN, mutant, bulkSources);
        const { status, output } = await runToEnd([program, ROUNDS], environment);
        expect(status).not.toBe(0);
        expect(output).toContain("ThreadSanitizer");
      },
      TEST_MS_MAX,
    );
  }
});

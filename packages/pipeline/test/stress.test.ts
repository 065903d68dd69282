/**
 * Threads under ThreadSanitizer: the library is without a report, and every ordering or check that is taken out of it is found, by a report
 * or by a wrong word.
 */
import { describe, expect, test } from "bun:test";
import { buildTestProgram, type Mutant, runToEnd } from "./native-program.ts";

const TSAN = ["-O1", "-fsanitize=thread"];
/** Threads give way at the critical lines, so that they meet at the wrong moment on a busy machine too. */
const YIELDING = [...TSAN, "-DSKYVOX_YIELDPOINTS"];
const TEST_MS_MAX = 120_000;
const RUNS_MAX = 40;

const mutants: readonly (Mutant & { readonly name: string })[] = [
  {
    name: "commits without releasing the payload",
    file: "ring-producer.c",
    from: "atomic_compare_exchange_strong(&producer->slot->word, &word, ready)",
    to: "atomic_compare_exchange_strong_explicit(&producer->slot->word, &word, ready, memory_order_relaxed, memory_order_relaxed)",
  },
  {
    name: "takes without looking at the word again",
    file: "ring-consumer.c",
    from: "if (atomic_load(&slot->word) == word) return true;",
    to: "if (word != 0) return true;",
  },
  {
    name: "claims without looking at the holders",
    file: "ring-producer.c",
    from: "if (!is_held(slot, was_held)) {",
    to: "if (slot != NULL || is_held(slot, was_held)) {",
  },
  {
    name: "gives a slot back without releasing it",
    file: "ring-consumer.c",
    from: "atomic_fetch_and(&consumer->held->holders, ~consumer->bit)",
    to: "atomic_fetch_and_explicit(&consumer->held->holders, ~consumer->bit, memory_order_relaxed)",
  },
  {
    name: "moves a cursor without releasing what was read",
    file: "ring-consumer.c",
    from: "atomic_store(&consumer->cell->cursor, position)",
    to: "atomic_store_explicit(&consumer->cell->cursor, position, memory_order_relaxed)",
  },
  {
    name: "lets a producer one message too far",
    file: "ring-producer.c",
    from: "if (cursor + ring->capacity > position) continue;",
    to: "if (cursor + ring->capacity + 1 > position) continue;",
  },
  {
    name: "publishes a frame without releasing it",
    file: "pool-writer.c",
    from: "atomic_store(&slot->word, word_make(word_generation(word), word_owner(word), SLOT_READY));",
    to: "atomic_store_explicit(&slot->word, word_make(word_generation(word), word_owner(word), SLOT_READY), memory_order_relaxed);",
  },
  {
    name: "holds a frame without looking at the word again",
    file: "pool-reader.c",
    from: "if (word_generation(again) == word_generation(word) && word_state(again) == SLOT_READY) {",
    to: "if (again != 0) {",
  },
  {
    name: "writes a frame that somebody holds",
    file: "pool-writer.c",
    from: "if (holders != 0 && !(evicts",
    to: "if (holders != 0 && pool == NULL && !(evicts",
  },
];

/** Ends at the first report. */
const environment = { ...process.env, TSAN_OPTIONS: "halt_on_error=1" };

describe("Threads on one ring and one pool", () => {
  for (const [name, flags, messages] of [
    ["stress", TSAN, 20_000],
    ["stress-yielding", YIELDING, 3_000],
  ] as const) {
    test(
      `run without a report of ThreadSanitizer, a torn word or a wrong account: ${name}`,
      async () => {
        const program = await buildTestProgram("stress", flags);
        const outcome = await runToEnd([program, String(messages)], environment);
        expect(outcome).toEqual({ status: 0, output: `${2 * messages} messages\n` });
      },
      TEST_MS_MAX,
    );
  }
});

describe("A library that", () => {
  for (const mutant of mutants) {
    test(
      `${mutant.name} is found out`,
      async () => {
        const program = await buildTestProgram("stress", YIELDING, mutant);
        const found = { status: 0, output: "" };
        for (let run = 0; run < RUNS_MAX && found.status === 0; run++) {
          Object.assign(found, await runToEnd([program, "3000"], environment));
        }
        expect([42, 66]).toContain(found.status);
        expect(found.output).toMatch(/ThreadSanitizer: data race|torn|account|lost|evicted|went back/);
      },
      TEST_MS_MAX,
    );
  }
});

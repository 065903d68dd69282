/**
 * Bugs that are planted into a copy of the source, to show that the simulation finds them.
 *
 * Each replaces pieces of text that must be there exactly once, so a plant that no longer takes fails loudly.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Scheduler } from "../src/mod.ts";

/** One bug. */
export interface PlantedBug {
  readonly name: string;
  /** What the simulation has to say of it, in at least one seed. */
  readonly finding: RegExp;
  readonly edits: readonly { readonly file: string; readonly from: string; readonly to: string }[];
}

/**
 * The bugs of a schedule that matter most: a retry that is lost, a task committed twice, more tasks in hand than may be, results of another
 * epoch, and results of a task's earlier holder.
 */
export const plantedBugs: readonly PlantedBug[] = [
  {
    name: "lost-retry",
    finding: /was lost/,
    edits: [{ file: "scheduler.ts", from: "    this.#board.requeue(live);\n", to: "" }],
  },
  {
    name: "double-commit",
    finding: /was settled twice/,
    edits: [
      { file: "task-ledger.ts", from: "    this.#live.delete(id);\n", to: "" },
      { file: "scheduler.ts", from: '  assert(current?.end === "running", "only a running attempt ends");\n', to: "" },
      { file: "scheduler.ts", from: "  current.end = end;", to: "  if (current !== undefined) current.end = end;" },
    ],
  },
  {
    name: "unbounded-tasks",
    finding: /tasks are in hand, \d+ may be/,
    edits: [
      {
        file: "task-board.ts",
        from: "freeCount: this.#tasksMax - this.#ledger.liveCount,",
        to: "freeCount: Number.POSITIVE_INFINITY,",
      },
      {
        file: "task-queue.ts",
        from: '    assert(this.#heap.count < this.#tasksMax, "a queue holds at most tasksMax tasks");\n',
        to: "",
      },
    ],
  },
  {
    name: "unfenced-results",
    finding: /was committed as \S+@1 while \S+@2 held it/,
    edits: [{ file: "scheduler.ts", from: "if (key.epoch !== this.epoch) {", to: "if (key.epoch > 1e9) {" }],
  },
  {
    name: "stale-results",
    finding: /was committed as \S+ while \S+ held it/,
    edits: [
      {
        file: "scheduler.ts",
        from: 'if (live.state === "assigned" && current?.attempt === key.attempt && current.workerId === key.workerId) return live;',
        to: 'if (live.state === "assigned" && current !== undefined) return live;',
      },
    ],
  },
];

/** Loads the scheduler with a bug in it, from a copy that is gone afterwards. */
export async function loadWithBug({ name, edits }: PlantedBug): Promise<typeof Scheduler> {
  const home = join(import.meta.dir, "..");
  const copy = mkdtempSync(join(tmpdir(), "skyvox-planted-"));
  try {
    cpSync(join(home, "src"), join(copy, "src"), { recursive: true });
    symlinkSync(join(home, "node_modules"), join(copy, "node_modules"));
    for (const { file, from, to } of edits) {
      const path = join(copy, "src", file);
      const parts = readFileSync(path, "utf8").split(from);
      if (parts.length !== 2)
        throw new Error(`cannot plant ${name}: found ${parts.length - 1} places in ${file}, need 1`);
      writeFileSync(path, parts.join(to));
    }
    const module: { Scheduler: typeof Scheduler } = await import(join(copy, "src/scheduler.ts"));
    return module.Scheduler;
  } finally {
    rmSync(copy, { recursive: true });
  }
}

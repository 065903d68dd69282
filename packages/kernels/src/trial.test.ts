import { describe, expect, test } from "bun:test";
import type { Kernels, Table } from "./kernels.ts";
import { referenceAdapter } from "./reference.ts";
import { findTrialDifference, openTrial } from "./trial.ts";

/** A backend that tells which of its methods are called, and may change what it reads back. */
function watched(kernels: Kernels, calls: Set<string>, change: (name: string, table: Table) => Table): Kernels {
  return new Proxy(kernels, {
    get: (target, key: keyof Kernels) => {
      const member = target[key];
      if (typeof member !== "function") return member;
      return (...args: unknown[]) => {
        calls.add(String(key));
        const result: unknown = Reflect.apply(member, target, args);
        const isReading = key === "readCamera" || key === "readGrid";
        return isReading ? (result as Promise<Table>).then((table) => change(String(args[1]), table)) : result;
      };
    },
  });
}

describe("A trial", () => {
  test("runs every op and finds the reference equal to itself", async () => {
    using reference = await referenceAdapter.open();
    const calls = new Set<string>();
    expect(
      await findTrialDifference(
        watched(reference, calls, (_, table) => table),
        [1],
      ),
    ).toBeNull();
    // Locking memory is no op: a driver may refuse it, and its kernels are as right as before.
    const methods = Object.getOwnPropertyNames(Object.getPrototypeOf(reference)).filter(
      (name) => name !== "constructor" && name !== "lockMemory",
    );
    expect([...calls].sort()).toEqual(methods.filter((name) => name in reference).sort());
  });

  test("has something to compare in every table, and passes no limit but the cap of spots", async () => {
    using reference = await referenceAdapter.open();
    for (const seed of [1, 2, 3]) {
      using trial = openTrial(reference, seed);
      const tables = await trial.step();
      const empty = tables.filter(({ table }) => table.count === 0).map(({ label }) => label);
      expect(empty).toEqual(["diff spots", "sigmaDelta spots", "average spots"]);
      expect(tables.filter(({ table }) => table.total > table.count)).toEqual([]);
    }
  });

  test("gives the same tables step by step", async () => {
    using reference = await referenceAdapter.open();
    using trial = openTrial(reference, 4);
    expect(await trial.step()).toEqual(await trial.step());
  });

  test("names the table, the row and the word in which a backend differs", async () => {
    using reference = await referenceAdapter.open();
    const wrong = watched(reference, new Set(), (name, table) => {
      if (name !== "fused") return table;
      const rows = table.rows.map((word, i) => (i === 6 ? word + 1 : word));
      return { ...table, rows };
    });
    expect(await findTrialDifference(wrong, [7])).toMatch(/^seed 7: pair fused: row 1, word 2 is \d+, expected \d+$/);
    const short = watched(reference, new Set(), (name, table) =>
      name === "tiles" ? { ...table, total: table.total + 1 } : table,
    );
    expect(await findTrialDifference(short, [7])).toMatch(/^seed 7: world tiles: total is \d+, expected \d+$/);
  });
});

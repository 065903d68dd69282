/** Processes killed at random moments, and at every line where dying could leave something behind. */
import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { buildTestProgram, runToEnd } from "./native-program.ts";

const KILLS = 1000;
const REAP_MS_MAX = 50;
const TEST_MS_MAX = 120_000;

const sharedFiles = () => readdirSync("/dev/shm").filter((name) => name.startsWith("skyvox."));

test(
  `${KILLS} killed producers and consumers tear nothing, leak nothing, and hold nobody up`,
  async () => {
    const before = sharedFiles();
    const program = await buildTestProgram("kill-fuzz", ["-O2"]);
    const { status, output } = await runToEnd([program, String(KILLS), "1"]);
    expect([status, output]).toEqual([0, expect.stringMatching(/^\{.*\}\n$/)]);
    const found = JSON.parse(output);
    // A child that sees torn bytes or a sequence that goes back ends by itself.
    expect(found).toMatchObject({ strangeEnds: 0, leaked: 0, stalls: 0, usable: true });
    expect(found.kills).toBeGreaterThanOrEqual(KILLS);
    // From the death to the last slot given back, where the reaper itself kept its core; that is most of the times.
    expect(found.calm).toBeGreaterThan(KILLS / 4);
    expect(found.cleanMsMaxCalm).toBeLessThanOrEqual(REAP_MS_MAX);
    for (const each of ["claims", "holds", "commits", "reads", "frames"])
      expect([each, found[each] > 0]).toEqual([each, true]);
    expect(sharedFiles().filter((name) => !before.includes(name))).toEqual([]);
  },
  TEST_MS_MAX,
);

describe("A process killed", async () => {
  const program = await buildTestProgram("crash-points", ["-O2", "-DSKYVOX_CRASHPOINTS"]);
  const count = Number((await runToEnd([program])).output);

  test("has every point where it can die", () => {
    expect(count).toBeGreaterThanOrEqual(25);
  });

  for (let point = 1; point <= count; point++) {
    test(
      `at point ${point} leaves nothing in a dead hand, and the next one gets through`,
      async () => {
        expect(await runToEnd([program, String(point)])).toEqual({ status: 0, output: "" });
      },
      TEST_MS_MAX,
    );
  }

  test("nowhere is told from one that was", async () => {
    expect(await runToEnd([program, "0"])).toEqual({
      status: 1,
      output: "point 0: the child did not die at the point (wait status 0)\n",
    });
  });
});

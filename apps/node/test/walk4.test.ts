/**
 * Four real phone videos of a person balancing on a beam, against the position of his cap, which was found by colour and owes nothing to motion
 * or voxels. The recordings lie outside the repository; `SKYVOX_DATA` names their folder.
 */

import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { REPOSITORY, runNode, TemporaryFolder } from "./run-node.ts";

const walk4 = join(resolve(REPOSITORY, process.env.SKYVOX_DATA ?? "../shared/data"), "walk4");
const absent = !existsSync(walk4);
if (absent) console.log(`skipped: the recordings "${walk4}" are not here; SKYVOX_DATA names their folder`);

interface Row {
  readonly timeS: number;
  readonly id: string;
  readonly state: string;
  readonly positionM: readonly [number, number, number];
}

function readRows(text: string): Row[] {
  return text
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => {
      const [timeS, id, state, e, n, u] = line.split(",");
      return {
        timeS: Number(timeS),
        id: String(id),
        state: String(state),
        positionM: [Number(e), Number(n), Number(u)],
      };
    });
}

/** The cap's position at a time, from the row of the nearest frame. */
function capAt(timeS: number): readonly [number, number, number] {
  const rows = readFileSync(join(walk4, "cap_reference.csv"), "utf8")
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => line.split(",").map(Number));
  const [, , x = 0, y = 0, z = 0] = rows[Math.min(rows.length - 1, Math.round(timeS * 60))] ?? [];
  return [x, y, z];
}

test.skipIf(absent)(
  "Four real videos give one track of the person, within 0.7 m of his cap, the same bytes twice",
  async () => {
    using folder = new TemporaryFolder();
    const site = folder.file("site.json");
    const imported = await runNode([
      ...["import", "--from", "qualisys", "--calibration", join(walk4, "Calib.qca.txt")],
      ...["--videos", join(walk4, "cam*.mp4"), "--out", site],
    ]);
    expect(imported.stderr).toBe("");
    expect(imported.code).toBe(0);

    const outputs: string[] = [];
    for (const name of ["first.csv", "second.csv"]) {
      const tracks = folder.file(name);
      const ended = await runNode(["--role", "master", "--site", site, "--once", "--json", "--tracks", tracks], 60_000);
      expect(ended.code).toBe(0);
      const summary = JSON.parse(ended.stdout.trim().split("\n").at(-1) ?? "") as {
        realTimeFactor: number;
        frameSets: number;
      };
      expect(summary.frameSets).toBe(100);
      outputs.push(readFileSync(tracks, "utf8"));
    }
    expect(outputs[1]).toBe(outputs[0] ?? "");

    const rows = readRows(outputs[0] ?? "");
    const confirmedIds = new Set(rows.filter(({ state }) => state === "confirmed").map(({ id }) => id));
    expect(confirmedIds.size).toBe(1);
    const person = rows.filter(({ id }) => confirmedIds.has(id));
    const confirmed = person.filter(({ state }) => state === "confirmed");
    expect(confirmed[0]?.timeS).toBeLessThan(30 / 60);
    expect(person.at(-1)?.timeS).toBeGreaterThan(98.5 / 60);
    const fromCap = person.map(({ timeS, positionM: [e, n, u] }) => {
      const [capE, capN, capU] = capAt(timeS);
      return { besideM: Math.hypot(e - capE, n - capN), belowM: capU - u };
    });
    const belowM = fromCap.map((offset) => offset.belowM);
    console.log(
      `confirmed at ${confirmed[0]?.timeS} s; at most ${Math.max(...fromCap.map(({ besideM }) => besideM)).toFixed(2)} m beside the cap,` +
        ` ${Math.min(...belowM).toFixed(2)} to ${Math.max(...belowM).toFixed(2)} m below it`,
    );
    const near = fromCap.filter(({ besideM, belowM }) => besideM <= 0.7 && belowM >= 0.1 && belowM <= 1.2);
    expect(near.length / person.length).toBeGreaterThanOrEqual(0.9);
  },
  150_000,
);

/** The Python reader of docs/PROTOCOL.md on every vector, and the tables of that page against the code. */
import { describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ENVELOPE_BYTES, kindCodes, MOTION_RECORD_BYTES, MOTIONS_MAX, PAYLOAD_BYTES_MAX } from "../src/mod.ts";

const page = readFileSync(join(import.meta.dir, "../../../docs/PROTOCOL.md"), "utf8");
const folder = join(import.meta.dir, "vectors");
const names = readdirSync(folder)
  .filter((file) => file.endsWith(".bin"))
  .map((file) => file.replace(/\.bin$/, ""));
const python = Bun.which("python3");
if (python === null) console.warn("skipped: the page's reader: python3 is not installed");

describe.skipIf(python === null)("The page's reader in Python", () => {
  test("makes of every vector what its JSON says", () => {
    const scratch = mkdtempSync(join(tmpdir(), "skyvox-page-"));
    try {
      const script = join(scratch, "reader.py");
      writeFileSync(script, /^```python\n([\s\S]*?)^```/m.exec(page)?.[1] ?? "");
      const paths = names.map((name) => join(folder, `${name}.bin`));
      const { stdout, stderr, exitCode } = Bun.spawnSync([python ?? "", script, ...paths]);
      expect([exitCode, stderr.toString()]).toEqual([0, ""]);
      const answers = stdout.toString().trim().split("\n");
      expect(answers.length).toBe(names.length);
      for (const [at, name] of names.entries()) {
        const wanted = JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8"));
        const answer = JSON.parse(answers[at] ?? "");
        expect([name, wanted]).toMatchObject([name, answer]);
        expect([name, answer.fields]).toEqual([name, wanted.fields]);
      }
    } finally {
      rmSync(scratch, { recursive: true });
    }
  });
});

describe("The page", () => {
  test("states the limits and kinds of the code", () => {
    expect(page).toContain(`${ENVELOPE_BYTES} bytes stand in front of every payload`);
    expect(page).toContain(`${PAYLOAD_BYTES_MAX.toLocaleString("en")} bytes`);
    expect(page).toContain(`at most ${MOTIONS_MAX.toLocaleString("en")} points`);
    expect(page).toContain(`| 1    | records of ${MOTION_RECORD_BYTES} bytes`);
    const rows = [...page.matchAll(/^\| (\d) {4}\| (?:records of|protobuf message (\w+))/gm)];
    const kinds = Object.entries(kindCodes).map(([kind, code]) => [code, kind.replaceAll("-", "")]);
    expect(rows.map(([, code, name]) => [Number(code), (name ?? "motionRecords").toLowerCase()])).toEqual(kinds);
  });
});

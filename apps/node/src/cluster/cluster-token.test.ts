import { afterAll, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readToken } from "./cluster-token.ts";

const folder = mkdtempSync(join(tmpdir(), "skyvox-token-"));
afterAll(() => rmSync(folder, { recursive: true }));

const TOKEN = "sixteen letters!";

function fileOf(name: string, text: string, mode = 0o600): string {
  const file = join(folder, name);
  writeFileSync(file, text, { mode });
  chmodSync(file, mode);
  return file;
}

test("A token is read from a file or a variable that is named, without the end of its line", () => {
  expect(readToken({ file: fileOf("a", `${TOKEN}\n`), variable: undefined }, false)).toBe(TOKEN);
  process.env.SKYVOX_TEST_TOKEN = TOKEN;
  expect(readToken({ file: undefined, variable: "SKYVOX_TEST_TOKEN" }, false)).toBe(TOKEN);
  delete process.env.SKYVOX_TEST_TOKEN;
});

test("A token that is missing, too short or anybody's to read is refused without showing it", () => {
  const file = (path: string) => () => readToken({ file: path, variable: undefined }, true);
  expect(file(join(folder, "none"))).toThrow(
    /^Cannot use cluster token of file ".*none": .*, need one that can be read$/,
  );
  expect(file(fileOf("short", TOKEN.slice(1)))).toThrow(/short": 15 characters, need 16 or more$/);
  expect(file(fileOf("open", TOKEN, 0o640))).toThrow(/open": others may read it, need mode 0600$/);
  const variable = () => readToken({ file: undefined, variable: "SKYVOX_TEST_NONE" }, true);
  expect(variable).toThrow('Cannot use cluster token of variable "SKYVOX_TEST_NONE": it is not set');
});

test("Other machines are let in only with a token; on this one the user's nodes share a file of theirs", () => {
  expect(() => readToken({ file: undefined, variable: undefined }, false)).toThrow(
    "Cannot let other machines in: no cluster token is given, need --token-file FILE or --token-env NAME",
  );
  const before = process.env.XDG_STATE_HOME;
  process.env.XDG_STATE_HOME = folder;
  const token = readToken({ file: undefined, variable: undefined }, true);
  expect(readToken({ file: undefined, variable: undefined }, true)).toBe(token);
  if (before === undefined) delete process.env.XDG_STATE_HOME;
  else process.env.XDG_STATE_HOME = before;
  const file = join(folder, "skyvox", "cluster-token");
  expect(readFileSync(file, "utf8").trim()).toBe(token);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

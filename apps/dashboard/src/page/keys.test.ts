import { expect, test } from "bun:test";
import type { Actions } from "./choices.ts";
import { pressKey } from "./keys.ts";

function pressed(key: string, held: { ctrlKey?: boolean; metaKey?: boolean; altKey?: boolean } = {}): string[] {
  const done: string[] = [];
  const note =
    (name: string) =>
    (argument?: unknown): void => {
      done.push(argument === undefined ? name : `${name} ${String(argument)}`);
    };
  const actions: Actions = {
    toggleLayer: note("layer"),
    togglePause: note("pause"),
    toggleFollow: note("follow"),
    toggleHelp: note("help"),
    fit: note("fit"),
    chooseTrack: note("track"),
    chooseCamera: note("camera"),
  };
  const taken = pressKey({ key, ctrlKey: false, metaKey: false, altKey: false, ...held }, actions);
  expect(taken).toBe(done.length > 0);
  return done;
}

test("Each key does what the help says, large or small", () => {
  expect(pressed(" ")).toEqual(["pause"]);
  expect(pressed("f")).toEqual(["fit"]);
  expect(pressed("F")).toEqual(["fit"]);
  expect(pressed("c")).toEqual(["follow"]);
  expect(pressed("?")).toEqual(["help"]);
  expect(["g", "v", "e", "T"].flatMap((key) => pressed(key))).toEqual([
    "layer truth",
    "layer voxels",
    "layer ellipsoids",
    "layer trails",
  ]);
  expect(pressed("1")).toEqual(["camera 0"]);
  expect(pressed("9")).toEqual(["camera 8"]);
  expect(pressed("Escape")).toEqual(["camera null", "track null"]);
});

test("Keys of the browser stay with the browser", () => {
  expect(pressed("f", { ctrlKey: true })).toEqual([]);
  expect(pressed("1", { altKey: true })).toEqual([]);
  expect(pressed("t", { metaKey: true })).toEqual([]);
  for (const key of ["0", "x", "Tab", "ArrowUp", "F5"]) expect(pressed(key)).toEqual([]);
});

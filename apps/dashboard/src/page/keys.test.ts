import { expect, test } from "bun:test";
import type { Actions } from "./choices.ts";
import { pressKey } from "./keys.ts";

function pressed(
  key: string,
  held: { ctrlKey?: boolean; metaKey?: boolean; altKey?: boolean; shiftKey?: boolean } = {},
): string[] {
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
    toggleCluster: note("cluster"),
    step: note("step"),
    goLive: note("live"),
    fit: note("fit"),
    chooseTrack: note("track"),
    choosePlace: note("place"),
    chooseCamera: note("camera"),
  };
  const taken = pressKey({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...held }, actions);
  expect(taken).toBe(done.length > 0);
  return done;
}

test("Each key does what the help says, large or small", () => {
  expect(pressed(" ")).toEqual(["pause"]);
  expect(pressed("f")).toEqual(["fit"]);
  expect(pressed("F")).toEqual(["fit"]);
  expect(pressed("c")).toEqual(["follow"]);
  expect(pressed("n")).toEqual(["cluster"]);
  expect(pressed("?")).toEqual(["help"]);
  expect(["g", "v", "e", "T"].flatMap((key) => pressed(key))).toEqual([
    "layer truth",
    "layer voxels",
    "layer ellipsoids",
    "layer trails",
  ]);
  expect(pressed("ArrowLeft")).toEqual(["step -1"]);
  expect(pressed("ArrowRight", { shiftKey: true })).toEqual(["step 10"]);
  expect(pressed("L")).toEqual(["live"]);
  expect(pressed("1")).toEqual(["camera 0"]);
  expect(pressed("9")).toEqual(["camera 8"]);
  expect(pressed("Escape")).toEqual(["camera null", "track null", "place null"]);
});

test("Keys of the browser stay with the browser", () => {
  expect(pressed("f", { ctrlKey: true })).toEqual([]);
  expect(pressed("1", { altKey: true })).toEqual([]);
  expect(pressed("t", { metaKey: true })).toEqual([]);
  for (const key of ["0", "x", "Tab", "ArrowUp", "F5"]) expect(pressed(key)).toEqual([]);
});

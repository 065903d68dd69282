import { expect, test } from "bun:test";
import { readTarget, writeTarget } from "./deep-link.ts";

test("An address names a track and a camera, whatever the camera is called", () => {
  for (const cameraId of ["north", "roof & gate #2", "ü=1"]) {
    const target = { trackId: 12, cameraId };
    expect(readTarget(writeTarget(target))).toEqual(target);
  }
  expect(writeTarget({ trackId: 12, cameraId: "north" })).toBe("#track=12&camera=north");
});

test("An address that points at nothing is empty", () => {
  expect(writeTarget({ trackId: null, cameraId: null })).toBe("");
  expect(readTarget("")).toEqual({ trackId: null, cameraId: null });
});

test("What is no track number is left out", () => {
  for (const hash of ["#track=", "#track=-1", "#track=1e3", "#track=x", "#track=99999999999999999"]) {
    expect(readTarget(hash).trackId).toBeNull();
  }
});

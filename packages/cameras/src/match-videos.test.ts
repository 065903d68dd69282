import { expect, test } from "bun:test";
import { matchVideos } from "./match-videos.ts";

test("Videos go to the cameras of their names, in natural order", () => {
  const files = ["clips/cam10.mp4", "clips/Cam2.MP4", "clips/cam1.webm"];
  expect([...matchVideos(["cam1", "cam10", "cam2"], files)]).toEqual([
    ["cam1", "clips/cam1.webm"],
    ["cam2", "clips/Cam2.MP4"],
    ["cam10", "clips/cam10.mp4"],
  ]);
});

test("Videos and cameras that match nothing are all named", () => {
  expect(() => matchVideos(["cam2", "cam1", "cam3"], ["cam3.mp4", "cam4.mp4"])).toThrow(
    'Cannot match videos with cameras: no file for camera "cam1", "cam2" and no camera for file "cam4.mp4", ' +
      "need files named after the cameras of the calibration",
  );
});

test("Two files of one name are refused", () => {
  expect(() => matchVideos(["a"], ["a.mp4", "b/a.mov"])).toThrow(
    'Cannot match videos with cameras: "a.mp4", "b/a.mov" have one name, need one file for each camera',
  );
});

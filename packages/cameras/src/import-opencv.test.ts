import { expect, test } from "bun:test";
import { SkyvoxError } from "@skyvox/core";
import { importOpencv } from "./import-opencv.ts";
import { parseSite, type Site } from "./site.ts";
import { cameraIntrinsics, cameraPose } from "./site-camera.ts";

/** As cv::FileStorage writes it. The camera stands at (1, 2, 3), looks north, level: t = -R (1, 2, 3) = (-1, 3, -2). */
const YAML = `%YAML:1.0
---
calibration_time: "Mon 24 Nov 2025"
image_width: 640
image_height: 480
camera_matrix: !!opencv-matrix
   rows: 3
   cols: 3
   dt: d
   data: [ 5.0000000000000000e+02, 0., 3.1950000000000000e+02, 0.,
       5.1000000000000000e+02, 2.3950000000000000e+02, 0., 0., 1. ]
distortion_coefficients: !!opencv-matrix
   rows: 5
   cols: 1
   dt: d
   data: [ -1.0000000000000001e-01, 2.0000000000000000e-02, 1.0000000000000000e-03, 2.0000000000000000e-03, 3.0000000000000001e-03 ]
R: !!opencv-matrix
   rows: 3
   cols: 3
   dt: d
   data: [ 1., 0., 0., 0., 0., -1., 0., 1., 0. ]
T: !!opencv-matrix
   rows: 3
   cols: 1
   dt: d
   data: [ -1., 3., -2. ]
`;

const LEFT = {
  K: [
    [500, 0, 319.5],
    [0, 510, 239.5],
    [0, 0, 1],
  ],
  dist: [[-0.1, 0.02, 0.001, 0.002]],
  image_size: [640, 480],
  rvec: [[Math.PI / 2], [0], [0]],
  tvec: [[-1], [3], [-2]],
};

function siteOf(name: string, text: string): Site {
  return parseSite(importOpencv([{ name, text }], { where: name }), name);
}

test("OpenCV YAML gives lens and pose", () => {
  const site = siteOf("clips/front.yml", YAML);
  const [camera] = site.cameras;
  if (camera === undefined) throw new Error("the file has a camera");
  expect(camera).toMatchObject({ id: "front", source: "video:front.mp4" });
  expect(cameraIntrinsics(camera)).toEqual({
    widthPx: 640,
    heightPx: 480,
    fxPx: 500,
    fyPx: 510,
    cxPx: 319.5,
    cyPx: 239.5,
    distortion: [-0.1, 0.02, 0.001, 0.002, 0.003],
  });
  expect(cameraPose(camera).cameraInEnuM).toEqual([1, 2, 3]);
  for (const [at, value] of cameraPose(camera).cameraFromEnu.entries()) {
    expect(value).toBeCloseTo([1, 0, 0, 0, 0, -1, 0, 1, 0][at] ?? Number.NaN, 12);
  }
});

test("OpenCV JSON of several cameras gives each by name, its rotation as a vector", () => {
  const text = JSON.stringify({ cameras: { left: LEFT, right: { ...LEFT, tvec: [0, 0, 0] } }, rms: 0.3 });
  const site = siteOf("rig.json", text);
  expect(site.cameras.map(({ id }) => id as string)).toEqual(["left", "right"]);
  const [left] = site.cameras;
  if (left === undefined) throw new Error("the file has a camera");
  expect(cameraIntrinsics(left).distortion).toEqual([-0.1, 0.02, 0.001, 0.002, 0]);
  for (const [axis, value] of cameraPose(left).cameraInEnuM.entries()) expect(value).toBeCloseTo(axis + 1, 12);
});

test("OpenCV files of one camera each make a site together", () => {
  const files = ["a", "b"].map((name) => ({ name: `${name}.json`, text: JSON.stringify(LEFT) }));
  const feeds = new Map(["a", "b"].map((name) => [name, { source: `video:${name}.avi`, widthPx: 320, heightPx: 240 }]));
  const site = importOpencv(files, { where: "two files", feeds });
  expect(site.cameras.map(({ source }) => source)).toEqual(["video:a.avi", "video:b.avi"]);
  expect(site.cameras[1]?.intrinsics.widthPx).toBe(320);
});

test("OpenCV calibration that cannot be used is refused by camera and key", () => {
  const refusals: readonly (readonly [changes: object, message: string])[] = [
    [
      {
        K: [
          [500, 0, Number.NaN],
          [0, 500, 9],
          [0, 0, 1],
        ],
      },
      'K of camera "a" is',
    ],
    [{ dist: [0.1, 0.2, 0.3] }, 'dist of camera "a" is [ 0.1, 0.2, 0.3 ], need 4 or 5 numbers'],
    [
      { K: [500, 2, 320, 0, 500, 240, 0, 0, 1] },
      'K of camera "a" is [ 500, 2, 320, 0, 500, 240, 0, 0, 1 ], need a matrix without skew',
    ],
    [{ rvec: undefined }, 'R of camera "a" is missing, need 3 or 9 numbers'],
    [{ tvec: undefined }, 't of camera "a" is missing, need 3 numbers'],
    [{ image_size: undefined }, 'image_width of camera "a" is missing, need a number'],
    [{ rvec: undefined, R: [1, 0, 0, 0, 1, 0, 0, 0, -1] }, 'camera "a" has a matrix that is no rotation'],
  ];
  for (const [changes, message] of refusals) {
    const text = JSON.stringify({ ...LEFT, ...changes });
    const importing = () => importOpencv([{ name: "a.json", text }], { where: "a.json" });
    expect(importing).toThrow(SkyvoxError);
    expect(importing).toThrow(message);
  }
});

test("OpenCV calibration with NaN, as YAML writes it, is refused", () => {
  expect(() => siteOf("a.yml", YAML.replace("-1., 3., -2.", "-1., .NaN, -2."))).toThrow(
    'Cannot import "a.yml": T of camera "a" is [ -1, NaN, -2 ], need 3 numbers',
  );
  expect(() => siteOf("a.yml", YAML.replace("-1., 3., -2.", "-1., .Nan, -2."))).toThrow(
    'T of camera "a" is [ -1, ".Nan", -2 ]',
  );
});

test("File without a camera or without sense is refused", () => {
  expect(() => siteOf("a.yml", "%YAML:1.0\n---\nrms: 0.2\n")).toThrow(
    'Cannot import "a.yml": no camera in it, need one with a camera_matrix',
  );
  expect(() => siteOf("a.yml", "just words")).toThrow(
    'Cannot import "a.yml": its content is no map of keys, need a camera_matrix',
  );
  expect(() => siteOf("a.json", '{ "K": [')).toThrow(/^Cannot import "a.json": .*, need YAML or JSON$/);
});

import { expect, test } from "bun:test";
import { unproject } from "@skyvox/core";
import fc from "fast-check";
import { importMetadata, metadataCamera, parseMetadata } from "./import-metadata.ts";
import { parseSite } from "./site.ts";

const OPTIONS = { where: "metadata.json", widthPx: 640, heightPx: 480, frameRateHz: 25 };

function entry(camera: number, frame: number, changes: object = {}): object {
  return {
    camera_index: camera,
    frame_index: frame,
    camera_position: [camera * 10, 0, 1],
    yaw: 0,
    pitch: 90,
    roll: 0,
    fov_degrees: 60,
    image_file: `cam${camera}_${String(frame).padStart(3, "0")}.png`,
    ...changes,
  };
}

test("Metadata's entries are read with their defaults", () => {
  const text = JSON.stringify([
    { camera_index: 2, frame_index: 7, camera_position: [1, 2, 3], image_file: "x.png", extra: 1 },
  ]);
  expect(parseMetadata(text, "m.json")).toEqual([
    {
      cameraIndex: 2,
      frameIndex: 7,
      positionM: [1, 2, 3],
      yawDeg: 0,
      pitchDeg: 0,
      rollDeg: 0,
      fovDeg: 60,
      imageFile: "x.png",
    },
  ]);
});

test("Metadata's camera casts the rays its program casts", () => {
  const angle = fc.double({ min: -180, max: 180, noNaN: true });
  const pixel = fc.integer({ min: 0, max: 479 });
  fc.assert(
    fc.property(
      angle,
      angle,
      angle,
      fc.double({ min: 10, max: 120, noNaN: true }),
      pixel,
      pixel,
      (yaw, pitch, roll, fov, u, v) => {
        const text = JSON.stringify([entry(0, 0, { yaw, pitch, roll, fov_degrees: fov })]);
        const [frame] = parseMetadata(text, "m.json");
        if (frame === undefined) throw new Error("the text has an entry");
        const { intrinsics, pose } = metadataCamera(frame, { widthPx: 640, heightPx: 480 });
        const ours = unproject(intrinsics, pose, [u, v]) ?? [Number.NaN, Number.NaN, Number.NaN];
        const theirs = upstreamRay({ yaw, pitch, roll, fov, u, v });
        for (const axis of [0, 1, 2] as const) expect(ours[axis]).toBeCloseTo(theirs[axis], 12);
      },
    ),
    { numRuns: 200, seed: 20251123 },
  );
});

/** The ray as the program's text has it: pixel to (u - W/2, -(v - H/2), -focal), then pitch about x, roll about y, yaw about z. */
function upstreamRay(o: {
  yaw: number;
  pitch: number;
  roll: number;
  fov: number;
  u: number;
  v: number;
}): [number, number, number] {
  const rad = Math.PI / 180;
  const focal = 320 / Math.tan((o.fov * rad) / 2);
  let [x, y, z] = [o.u - 320, -(o.v - 240), -focal];
  const turn = (degrees: number, a: number, b: number): [number, number] => {
    const [c, s] = [Math.cos(degrees * rad), Math.sin(degrees * rad)];
    return [c * a - s * b, s * a + c * b];
  };
  [y, z] = turn(o.pitch, y, z);
  [z, x] = turn(o.roll, z, x);
  [x, y] = turn(o.yaw, x, y);
  const length = Math.hypot(x, y, z);
  return [x / length, y / length, z / length];
}

test("Metadata becomes a site of cameras that read their own images", () => {
  const text = JSON.stringify([entry(1, 10), entry(0, 0), entry(0, 1), entry(1, 9), entry(0, 10)]);
  const site = parseSite(importMetadata(text, { ...OPTIONS, imagesFolder: "shots" }), "m");
  expect(site.cameras.map(({ id, source, frameRateHz }) => [id as string, source, frameRateHz])).toEqual([
    ["camera0", "images:shots/cam0_*.png", 25],
    ["camera1", "images:shots/cam1_*.png", 25],
  ]);
  // Pitch 90 turns -z to +y: the camera looks north, and a field of view of 60 degrees over 640 pixels is a focal length of 554.26.
  expect(site.cameras[0]?.intrinsics).toMatchObject({ cxPx: 320, cyPx: 240 });
  expect(site.cameras[0]?.intrinsics.fxPx).toBeCloseTo(554.2562584, 6);
});

test("Metadata's images in folders of their own, or one alone, are found", () => {
  const files = ["left/1.png", "left/2.png", "right/1.png"];
  const text = JSON.stringify([
    entry(0, 0, { image_file: files[0] }),
    entry(0, 1, { image_file: files[1] }),
    entry(1, 0, { image_file: files[2] }),
  ]);
  expect(importMetadata(text, OPTIONS).cameras.map(({ source }) => source)).toEqual([
    "images:left/*.png",
    "images:right/1.png",
  ]);
});

test("Metadata that makes no site of standing cameras is refused", () => {
  const refusals: readonly (readonly [entries: unknown, message: string])[] = [
    [[entry(0, 0), entry(0, 1, { yaw: 1 })], "camera0 moves between frames 0 and 1, need a camera that stands"],
    [
      [entry(0, 0, { image_file: "b.png" }), entry(0, 1, { image_file: "a.png" })],
      "camera0 has image files out of frame order, need names that sort as their frame_index",
    ],
    [
      [
        entry(0, 0, { image_file: "1.png" }),
        entry(1, 0, { image_file: "2.png" }),
        entry(0, 1, { image_file: "3.png" }),
      ],
      'camera0 has images no pattern tells from "2.png", need a folder or prefix of its own',
    ],
    [[], "no entry in it, need one per image"],
    [[entry(0, 0, { fov_degrees: null })], "entry 0 fov_degrees: "],
    [{ frames: [] }, "its content: "],
  ];
  for (const [entries, message] of refusals) {
    expect(() => importMetadata(JSON.stringify(entries), OPTIONS)).toThrow(`Cannot import "metadata.json": ${message}`);
  }
  expect(() => importMetadata("[{", OPTIONS)).toThrow(/^Cannot import "metadata.json": .*, need a JSON array$/);
});

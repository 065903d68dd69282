import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { dataFolder } from "../test/fixtures.ts";
import { listFiles } from "./file-list.ts";
import { type Drone6Files, importDrone6 } from "./import-drone6.ts";
import { parseSiteDraft } from "./site.ts";

const lens = (changes: object = {}) =>
  JSON.stringify({
    "K-matrix": [
      [1000, 0, 950],
      [0, 1010, 540],
      [0, 0, 1],
    ],
    distCoeff: [-0.1, 0.2, 0, 0],
    fps: 50,
    resolution: [1920, 1080],
    ...changes,
  });
const README = `We give time shift (beta) and time scale (alpha).
### Time scale (alpha)
|Ref. camera | 0 | 1 |
| --- | --- | --- |
| 0 | 1.0000 |0.5000 |
| 1 | 2.0000 |1.0000 |
### Time shift (beta)
|Ref. camera | 0 | 1 |
| --- | --- | --- |
| 0 | 0.00 |100.00 |
| 1 | -200.00 |0.00 |
`;
const files: Drone6Files = {
  cameras: "cam0 - gopro\ncam1 - sony\n\n",
  readme: README,
  calibrations: new Map([
    ["gopro", lens()],
    ["sony_1", lens({ fps: 29, distCoeff: [-0.1, 0.2, 0.01, 0.02, 0.3] })],
    ["sony_2", lens({ fps: 28 })],
    ["sonyX", lens()],
  ]),
};
const options = { where: "data", name: "flight", labelsFolder: "../data/detections" };

test("A data set becomes a draft with the lenses, the rates of alpha and the offsets of beta", () => {
  const { draft, notes } = importDrone6(files, options);
  const { cameras } = parseSiteDraft(draft, "draft.json");
  expect(cameras.map(({ id, source }) => [String(id), source])).toEqual([
    ["cam0", "labels:../data/detections/cam0.txt"],
    ["cam1", "labels:../data/detections/cam1.txt"],
  ]);
  expect(cameras[1]?.intrinsics).toEqual({
    widthPx: 1920,
    heightPx: 1080,
    fxPx: 1000,
    fyPx: 1010,
    cxPx: 950,
    cyPx: 540,
    distortion: [-0.1, 0.2, 0.01, 0.02, 0.3],
  });
  // Frame 100 of cam1 is frame 0 of cam0; every frame of cam1 is two of cam0: 25 Hz, and frame 0 of cam1 is 4 s early.
  expect(cameras.map(({ frameRateHz }) => frameRateHz)).toEqual([50, 25]);
  expect(cameras.map(({ clock }) => clock.offsetS)).toEqual([0, -4]);
  expect(notes).toEqual(["cam1: calibration sony_1, the first of sony_1, sony_2"]);
});

test("Without tables rates are those of the calibrations, and it is said", () => {
  const { draft, notes } = importDrone6({ ...files, readme: "# Flight\n" }, options);
  expect(draft.cameras.map(({ frameRateHz }) => frameRateHz)).toEqual([50, 29]);
  expect(draft.cameras.map(({ clock }) => clock?.offsetS)).toEqual([0, 0]);
  expect(notes[0]).toBe("no tables of alpha and beta: the clocks are not synchronised");
});

test("What cannot be used is named with its file", () => {
  const bad = (changes: Partial<Drone6Files>) => () => importDrone6({ ...files, ...changes }, options);
  const withLens = (text: string) => ({ calibrations: new Map([...files.calibrations, ["gopro", text]]) });
  expect(bad({ cameras: "" })).toThrow('Cannot import "data/cameras.txt": found no camera');
  expect(bad({ cameras: "cam0 gopro" })).toThrow('"data/cameras.txt" line 1: found "cam0 gopro", need camK - NAME');
  expect(bad({ cameras: "cam1 - gopro" })).toThrow('"data/cameras.txt": found cam1 at place 0, need cam0');
  expect(bad({ cameras: "cam0 - nikon" })).toThrow('"data": found no calibration/nikon.json, need one for cam0');
  expect(bad(withLens("{"))).toThrow(/"data\/calibration\/gopro.json": JSON Parse error.*, need JSON$/);
  expect(bad(withLens(lens({ fps: "fast" })))).toThrow(
    'Cannot import "data/calibration/gopro.json": fps of camera "cam0" is "fast", need a number',
  );
  expect(bad(withLens(lens({ distCoeff: [1] })))).toThrow("need 4 or 5 numbers");
  expect(bad({ readme: README.replace("0.5000", "half") })).toThrow('"data/README.md": found "| 0 | 1.0000 |half |"');
  expect(bad({ readme: README.replace("0.5000", "-1") })).toThrow("found alpha -1 of cam1, need a number > 0");
});

const folder = join(dataFolder, "drone6");
const isThere = existsSync(folder);
if (!isThere) console.log(`skipped: the layout of a real flight, because "${folder}" is absent`);

test.skipIf(!isThere)("The layout of a real flight is read whole", async () => {
  const text = (path: string) => Bun.file(join(folder, path)).text();
  const paths = await listFiles(join(folder, "calibration"));
  const calibrations = await Promise.all(
    paths.map(async (path) => [basename(path, ".json"), await Bun.file(path).text()] as const),
  );
  const { draft } = importDrone6(
    { cameras: await text("cameras.txt"), readme: await text("README.md"), calibrations: new Map(calibrations) },
    options,
  );
  // By hand from the README: rates alpha · 59.94006, offsets -beta / rate.
  expect(draft.cameras.map(({ frameRateHz }) => Number(frameRateHz?.toFixed(2)))).toEqual([
    59.94, 30, 29.73, 25, 29.97, 50,
  ]);
  expect(draft.cameras.map(({ clock }) => Number(clock?.offsetS?.toFixed(2)))).toEqual([
    0, -33.8, -18.4, -10.05, -32.07, -2.75,
  ]);
  expect(draft.cameras[3]?.intrinsics).toMatchObject({ widthPx: 1440, heightPx: 1080 });
});

import { beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { calibrate, defaultCalibrationOptions, judgeRows, summarize } from "@skyvox/calibration";
import { parseSite } from "@skyvox/cameras";
import type { CalibrateConfig } from "../src/commands/calibrate.ts";
import { readCalibrationFiles } from "../src/commands/calibrate-files.ts";
import { REPOSITORY, runNode, TemporaryFolder } from "./run-node.ts";

// A whole solve takes some ten seconds, several times that on a busy machine.
setDefaultTimeout(240_000);

const DATA = resolve(REPOSITORY, process.env.SKYVOX_DATA ?? "../shared/data", "drone6");
const isThere = existsSync(join(DATA, "rtk.txt"));
if (!isThere) console.log(`skipped: calibration of drone6, need its files in "${DATA}" (SKYVOX_DATA)`);

const folder = new TemporaryFolder();
const draft = folder.file("draft.json");

/** Time offsets (frames of cam0) and rates of the data set's README: frame of camera k = alpha · frame of cam0 + beta. */
const ALPHA = [1, 0.5005, 0.496, 0.4171, 0.5, 0.8341];
const BETA = [0, 1013.95, 546.98, 251.16, 961.02, 137.51];
const CAM0_HZ = 59.94006;
/** The control track's first row is this much before frame 0 of cam0 (facts of the data set, not in its README), seconds. */
const CONTROL_BEFORE_S = 61.85;

describe.skipIf(!isThere)("Calibration of drone6", () => {
  beforeAll(async () => {
    const ended = await runNode(["import", "--from", "drone6", "--dir", DATA, "--out", draft]);
    expect(ended.stderr).toBe("");
  });

  test("from the given sync on alternate blocks of 20 s puts the target within centimetres in the others", async () => {
    const { input } = await readCalibrationFiles(configOf("given"));
    const isFitted = (timeS: number) => Math.floor(timeS / 20) % 2 === 0;
    const { estimates, adjustment } = calibrate(input, { ...defaultCalibrationOptions, keep: isFitted });
    const control = input.control!;
    const score = { stepS: defaultCalibrationOptions.pathStepS, jerkSigma: adjustment.jerkSigma };
    const rows = judgeRows(estimates, control, { ...score, keep: (timeS) => !isFitted(timeS) });
    const three = summarize(rows, 3);
    expect(three.medianM).toBeLessThan(0.055);
    expect(three.rmseM).toBeLessThan(0.22);
    const two = summarize(rows, 2);
    expect(two.medianM).toBeLessThan(0.065);
    expect(two.rmseM).toBeLessThan(0.22);
    // While cam0 records: its frames are 565 s long.
    const judged = control.timesS.filter(
      (timeS) => !isFitted(timeS) && timeS >= CONTROL_BEFORE_S && timeS <= CONTROL_BEFORE_S + 33873 / CAM0_HZ,
    );
    expect(two.count / judged.length).toBeGreaterThan(0.96);
  });

  test("from nothing but frame rates finds the published sync, and writes a site and a report", async () => {
    const [out, page] = [folder.file("site.json"), folder.file("report.html")];
    const files = [
      "--rtk",
      join(DATA, "rtk.txt"),
      "--survey",
      join(DATA, "campos.txt"),
      "--out",
      out,
      "--report",
      page,
    ];
    const ended = await runNode(["calibrate", "--cameras", draft, "--held-out", "no", ...files], 200_000);
    expect(ended.stderr).toBe("");
    expect(ended.code).toBe(0);
    const site = parseSite(await Bun.file(out).json(), out);
    expect(site.cameras).toHaveLength(6);
    for (const [index, { clock, intrinsics }] of site.cameras.entries()) {
      const rateHz = CAM0_HZ * ALPHA[index]!;
      const published = CONTROL_BEFORE_S - BETA[index]! / rateHz;
      const rowS = ((clock.lineTimeUs ?? 0) * 1e-6 * intrinsics.heightPx) / 2;
      // Published offsets hold at frame 0 of cam0; over the flight the four digits of the rates add some 35 ms. The phone of variable rate
      // (cam1) is published as one line, which its clock crosses near 250 s of its own time.
      const ownS = index === 1 ? 250 : CONTROL_BEFORE_S - published;
      const added = clock.pieces === undefined ? clock.offsetS + (clock.rate - 1) * ownS : pieceAt(clock.pieces, ownS);
      expect(Math.abs(added + rowS - published)).toBeLessThan(index === 1 ? 0.05 : 0.5 / rateHz);
    }
    expect(ended.stdout).toMatch(
      /survey \(not used.*cam0 0\.\d\d, cam3 0\.\d\d, cam2 0\.\d\d, cam4 0\.\d\d, cam1 0\.\d\d, cam5 0\.\d\d/,
    );
    expect(ended.stdout).toContain('camera "cam1": its frame rate varies');
    expect(await Bun.file(page).text()).toContain("<svg ");
  });
});

test("calibrate names what is wrong in one line", async () => {
  using own = new TemporaryFolder();
  const [cameras, labels, rtk, out] = [
    own.file("cameras.json"),
    own.file("a.txt"),
    own.file("rtk.txt"),
    own.file("site.json"),
  ];
  const intrinsics = { widthPx: 640, heightPx: 480, fxPx: 500, fyPx: 500, cxPx: 320, cyPx: 240 };
  const camera = { id: "a", source: "labels:a.txt", intrinsics, frameRateHz: 30 };
  await Bun.write(cameras, JSON.stringify({ name: "one", cameras: [camera] }));
  await Bun.write(labels, Array.from({ length: 50 }, (_, i) => `${i} 300 200`).join("\n"));
  await Bun.write(rtk, "0 0 0\n1 2 x\n");
  const base = ["--cameras", cameras, "--out", out];
  for (const [args, code, wanted] of [
    [["--out", out], 2, /^Cannot run without --cameras/],
    [[...base, "--sync", "maybe"], 2, /^Cannot use --sync "maybe": need auto or given/],
    [[...base, "--distance", "a,b,1", "--speed", "5"], 2, /both tell the scale/],
    [["--cameras", own.file("none.json"), "--out", out], 1, /^Cannot read ".*none\.json"/],
    [base, 1, /camera "a": it is the only one and there is no control track/],
    [[...base, "--rtk", rtk], 1, /control ".*rtk\.txt" line 2: found x, need 3 finite numbers/],
    [[...base, "--labels", own.path, "--survey", rtk], 1, /survey ".*rtk\.txt" line 2/],
  ] as const) {
    const ended = await runNode(["calibrate", ...args]);
    expect(ended.stderr).toMatch(wanted);
    expect(ended.stderr.trim().split("\n")).toHaveLength(1);
    expect(ended.code).toBe(code);
  }
});

test("calibrate takes labels from the file that is there, and given clocks as lines of the middle row", async () => {
  using own = new TemporaryFolder();
  const [cameras, labels] = [own.file("cameras.json"), own.file("a.csv")];
  const intrinsics = { widthPx: 640, heightPx: 480, fxPx: 500, fyPx: 500, cxPx: 320, cyPx: 240 };
  const pieces = [
    [10, 1],
    [20, 2],
    [30, 5],
  ];
  const camera = { id: "a", source: "labels:gone.txt", intrinsics, frameRateHz: 30 };
  await Bun.write(labels, "frame,x,y\n1,2,3\n");
  const read = async (clock: object) => {
    await Bun.write(cameras, JSON.stringify({ name: "one", cameras: [{ ...camera, clock }] }));
    const { rtk: _, ...config } = configOf("given");
    return await readCalibrationFiles({ ...config, cameras, labels: own.path });
  };
  const { labelFiles, input } = await read({ offsetS: 3, rate: 1.5, lineTimeUs: 100 });
  expect(labelFiles).toEqual([labels]);
  // Half of 480 rows of 100 us.
  expect(input.cameras[0]?.clock).toEqual({ offsetS: 3.024, rate: 1.5 });
  // From 1 s at 10 s to 5 s at 30 s: 0.2 s a second, and 1 s less than none at 0.
  expect((await read({ pieces })).input.cameras[0]?.clock).toEqual({ offsetS: -1, rate: 1.2 });
});

test("calibrate explains itself", async () => {
  const ended = await runNode(["calibrate", "--help"]);
  expect(ended.code).toBe(0);
  expect(ended.stdout).toContain("Example\n  bun run apps/node calibrate --cameras draft.json");
});

function configOf(sync: "auto" | "given"): CalibrateConfig {
  return {
    cameras: draft,
    rtk: join(DATA, "rtk.txt"),
    "rtk-rate": 5,
    "rtk-sigma": 0.03,
    "survey-sigma": 0.05,
    sync,
    "held-out": "no",
    out: folder.file("unused.json"),
  };
}

function pieceAt(pieces: readonly (readonly [number, number])[], ownS: number): number {
  const after = pieces.findIndex(([atS]) => atS > ownS);
  const [fromS, from] = pieces[after - 1]!;
  const [toS, to] = pieces[after]!;
  return from + ((ownS - fromS) / (toS - fromS)) * (to - from);
}

import { expect, setDefaultTimeout, test } from "bun:test";
import { distance, type Vec3 } from "@skyvox/core";
import { calibrate, defaultCalibrationOptions } from "../src/calibrate.ts";
import type { CalibrationInput, CameraInput } from "../src/calibration-input.ts";
import { captureTimeS, centreOf } from "../src/camera-state.ts";
import { holdOut } from "../src/held-out.ts";
import { assess } from "../src/report.ts";
import { type FlightOptions, type MadeFlight, makeFlight } from "./made-flight.ts";

// Each test makes a flight of a minute and calibrates it.
setDefaultTimeout(60_000);

const flightOptions: FlightOptions = { seed: 21, cameraCount: 4, seconds: 60, rateHz: 25, noisePx: 0.5 };

function inputOf(flight: MadeFlight, change: Partial<CalibrationInput> = {}): CalibrationInput {
  return {
    cameras: flight.cameras.map(({ input }) => input),
    control: flight.control,
    survey: null,
    scale: null,
    ...change,
  };
}

/** Centres of a flight's cameras as a survey of 2 cm. */
function surveyOf(flight: MadeFlight, order: readonly number[], named: boolean): CalibrationInput["survey"] {
  const rows = order.map((index, row) => ({
    camera: named ? `cam${row}` : null,
    positionM: centreOf(flight.cameras[index]!.state),
  }));
  return { rows, sigmaM: 0.02 };
}

function run(input: CalibrationInput) {
  const calibration = calibrate(input, defaultCalibrationOptions);
  return { calibration, report: assess(input, calibration, null) };
}

function centreErrors(flight: MadeFlight, centres: readonly Vec3[]): number[] {
  return centres.map((centre, index) => distance(centre, centreOf(flight.cameras[index]!.state)));
}

test("Cameras, clocks and lenses come out of labels and control without any guess of poses and clocks", () => {
  const flight = makeFlight(flightOptions);
  const { calibration, report } = run(inputOf(flight));
  expect(report.gauge).toBe("control");
  expect(report.warnings).toEqual([]);
  for (const error of centreErrors(
    flight,
    report.cameras.map(({ centreM }) => centreM),
  ))
    expect(error).toBeLessThan(0.15);
  for (const [index, { state, views }] of calibration.estimates.entries()) {
    const truth = flight.cameras[index]!.state;
    const nominalS = views.nominalS[100]!;
    expect(Math.abs(captureTimeS(state, nominalS, 540) - captureTimeS(truth, nominalS, 540))).toBeLessThan(0.003);
    expect(report.cameras[index]!.sigmaPx).toBeCloseTo(0.5, 1);
    // Errors lie within what the covariance says: four sigmas of the mean axis.
    const { centreSigmaM, centreM } = report.cameras[index]!;
    expect(distance(centreM, centreOf(truth))).toBeLessThan(4 * Math.sqrt(3) * centreSigmaM);
    expect(centreSigmaM).toBeLessThan(0.1);
  }
});

test("Labels with surveyed places in no order give the survey's frame and say which row is whose", () => {
  const flight = makeFlight(flightOptions);
  const { report } = run(inputOf(flight, { control: null, survey: surveyOf(flight, [2, 0, 3, 1], false) }));
  expect(report.gauge).toBe("survey");
  for (const error of centreErrors(
    flight,
    report.cameras.map(({ centreM }) => centreM),
  ))
    expect(error).toBeLessThan(0.1);
  expect(report.survey?.cameras).toEqual(["cam2", "cam0", "cam3", "cam1"]);
  expect(report.warnings.join()).toContain("in the order cam2, cam0, cam3, cam1 they fit");
});

test("Labels alone give the scene up to scale, and with a known distance to scale", () => {
  const flight = makeFlight(flightOptions);
  const truth = flight.cameras.map(({ state }) => centreOf(state));
  const scale = { kind: "distance", cameras: ["cam0", "cam2"], metres: distance(truth[0]!, truth[2]!) } as const;
  const { report } = run(inputOf(flight, { control: null, scale }));
  expect(report.gauge).toBe("distance");
  const found = report.cameras.map(({ centreM }) => centreM);
  for (const [a, b] of [
    [0, 1],
    [1, 2],
    [2, 3],
    [0, 3],
    [1, 3],
  ] as const) {
    expect(distance(found[a]!, found[b]!) / distance(truth[a]!, truth[b]!)).toBeCloseTo(1, 2);
  }
  // The cameras of the flight are level, so heights above the lowest one are right too.
  const heights = found.map((centre) => centre[2] - found[0]![2]);
  for (const [index, height] of heights.entries())
    expect(Math.abs(height - (truth[index]![2] - truth[0]![2]))).toBeLessThan(0.3);
  expect(report.warnings.join()).toContain("up is where cameras held level have it");
});

test("One camera alone is refused; with control it is calibrated and said to give directions only", () => {
  const flight = makeFlight({ ...flightOptions, cameraCount: 1 });
  expect(() => run(inputOf(flight, { control: null }))).toThrow(
    /camera "cam0": it is the only one and there is no control track/,
  );
  const { report } = run(inputOf(flight));
  expect(report.warnings.join()).toContain("one camera gives directions, no positions");
  expect(centreErrors(flight, [report.cameras[0]!.centreM])[0]).toBeLessThan(0.3);
});

test("Cameras on a line are refused with a survey and warned of with control", () => {
  const centresM: Vec3[] = [-30, -10, 10, 30].map((x) => [x, -50, 3]);
  const flight = makeFlight({ ...flightOptions, centresM });
  expect(() => run(inputOf(flight, { control: null, survey: surveyOf(flight, [0, 1, 2, 3], true) }))).toThrow(
    /places lie on a line/,
  );
  const { report } = run(inputOf(flight));
  expect(report.warnings.join()).toContain("cameras stand on a line");
});

test("A target that does not move is refused", () => {
  const flight = makeFlight(flightOptions);
  const still = flight.cameras.map(({ input }): CameraInput => {
    const uvPx = input.uvPx.map((_, i) => (i % 2 === 0 ? 900 : 500) + 0.3 * Math.sin(i));
    return { ...input, uvPx };
  });
  expect(() => run(inputOf(flight, { cameras: still }))).toThrow(/camera "cam0": the target moves in it 1 times/);
  const control = { ...flight.control, positionsM: flight.control.positionsM.map((_, i) => [3, 4, 5][i % 3]!) };
  expect(() => run(inputOf(flight, { control }))).toThrow(/control track: its 301 rows lie within 0.00 m/);
});

test("Labels of two cameras that were exchanged are found out at given clocks", () => {
  const flight = makeFlight(flightOptions);
  const clockOf = (index: number) => ({ offsetS: 7.3 * index - 4.1, rate: 1 });
  const cameras = flight.cameras.map(({ input }, index) => ({ ...input, clock: clockOf(index) }));
  const [first, second] = [cameras[1]!, cameras[2]!];
  const exchanged = cameras.map((camera, index) =>
    index === 1
      ? { ...camera, frames: second.frames, uvPx: second.uvPx }
      : index === 2
        ? { ...camera, frames: first.frames, uvPx: first.uvPx }
        : camera,
  );
  expect(() => run(inputOf(flight, { cameras: exchanged }))).toThrow(
    /cameras "cam1" and "cam2": each fits at the clock of the other/,
  );
});

test("Survey rows under the wrong names are refused with the names that fit", () => {
  const flight = makeFlight(flightOptions);
  expect(() => run(inputOf(flight, { control: null, survey: surveyOf(flight, [1, 0, 2, 3], true) }))).toThrow(
    /row 1 is "cam1", row 2 is "cam0"/,
  );
});

test("A focal length given 20 % too long is found and told", () => {
  const flight = makeFlight(flightOptions);
  const cameras = flight.cameras.map(({ input }, index) => {
    if (index !== 1) return input;
    const { intrinsics } = input;
    return { ...input, intrinsics: { ...intrinsics, fxPx: intrinsics.fxPx * 1.2, fyPx: intrinsics.fyPx * 1.2 } };
  });
  const { report } = run(inputOf(flight, { cameras }));
  expect(report.warnings.join()).toMatch(/camera "cam1": its focal length is 1[67]\.\d % shorter than given/);
  for (const error of centreErrors(
    flight,
    report.cameras.map(({ centreM }) => centreM),
  ))
    expect(error).toBeLessThan(0.25);
});

test("Labels of which 30 % are wrong still give the cameras, and are told", () => {
  const flight = makeFlight({ ...flightOptions, outlierShare: 0.3 });
  const { report } = run(inputOf(flight));
  for (const error of centreErrors(
    flight,
    report.cameras.map(({ centreM }) => centreM),
  ))
    expect(error).toBeLessThan(0.25);
  for (const camera of report.cameras) {
    expect(camera.inlierShare).toBeGreaterThan(0.6);
    expect(camera.inlierShare).toBeLessThan(0.8);
    expect(report.warnings.join()).toMatch(new RegExp(`camera "${camera.id}": (2|3)\\d % of its labels are wrong`));
  }
});

test("A clock that jumps by a second is found, told and mended", () => {
  const flight = makeFlight({ ...flightOptions, seconds: 120, clockStep: { index: 2, jumpS: 1 } });
  const { report } = run(inputOf(flight));
  expect(report.warnings.join()).toMatch(
    /camera "cam2": its clock jumps by (0\.9\d|1\.0\d) s at (49|50)\.\d s of its own time/,
  );
  expect(report.cameras[2]!.clock).toBe("stepped");
  for (const error of centreErrors(
    flight,
    report.cameras.map(({ centreM }) => centreM),
  ))
    expect(error).toBeLessThan(0.25);
});

test("A flight too short to leave blocks out is calibrated all the same, and it is said", () => {
  const flight = makeFlight({ ...flightOptions, seconds: 30 });
  const input = inputOf(flight);
  const calibration = calibrate(input, defaultCalibrationOptions);
  const heldOut = holdOut(input, calibration, defaultCalibrationOptions);
  expect(heldOut).toEqual({ ok: false, reason: "the flight lasts 30 s, need 40 s to leave out blocks of 20 s" });
  const report = assess(input, calibration, heldOut);
  expect(report.heldOut).toBeNull();
  expect(report.warnings).toContain(
    "nothing was held out to judge by: the flight lasts 30 s, need 40 s to leave out blocks of 20 s",
  );
});

test("A camera that saw but one of the blocks leaves nothing to judge by, and the calibration stands", () => {
  const flight = makeFlight(flightOptions);
  const input = inputOf(flight);
  const calibration = calibrate(input, defaultCalibrationOptions);
  // Camera 1 is 3.2 s late: its first block ends with its frame 420.
  const cameras = input.cameras.map((camera, index) => {
    const count = index === 1 ? camera.frames.findIndex((frame) => frame / camera.frameRateHz + 3.2 > 19) : Infinity;
    return { ...camera, frames: camera.frames.slice(0, count), uvPx: camera.uvPx.slice(0, 2 * count) };
  });
  const heldOut = holdOut({ ...input, cameras }, calibration, defaultCalibrationOptions);
  expect(heldOut).toMatchObject({ ok: false });
  expect(heldOut.ok ? "" : heldOut.reason).toMatch(/^without some blocks of 20 s: Cannot calibrate camera "cam1"/);
});

test("Blocks that were left out of a flight of a minute are judged", () => {
  const flight = makeFlight(flightOptions);
  const input = inputOf(flight);
  const answer = holdOut(input, calibrate(input, defaultCalibrationOptions), defaultCalibrationOptions);
  const heldOut = answer.ok ? answer.heldOut : null;
  // Four cameras of half a pixel at some 50 m and a focal length of 1000 px: centimetres.
  expect(heldOut?.control?.two.medianM).toBeLessThan(0.1);
  expect(heldOut?.control?.coverage).toBeGreaterThan(0.8);
});

test("A control track without a row, a distance to nowhere and a survey that places a camera twice are refused", () => {
  const flight = makeFlight(flightOptions);
  const none = { timesS: new Float64Array(0), positionsM: new Float64Array(0), sigmaM: 0.02 };
  expect(() => run(inputOf(flight, { control: none }))).toThrow(
    "Cannot calibrate from the control track: it has no row, need positions of the target",
  );
  const distanceOf = (other: string, metres: number) => () =>
    run(inputOf(flight, { control: null, scale: { kind: "distance", cameras: ["cam0", other], metres } }));
  expect(distanceOf("cam0", 5)).toThrow('the known distance: it is from camera "cam0" to itself, need two cameras');
  expect(distanceOf("cam1", 0)).toThrow("the known distance: it is 0 m, need metres above 0");
  const rows = [0, 0, 2, 3].map((index) => ({
    camera: `cam${index}`,
    positionM: centreOf(flight.cameras[index]!.state),
  }));
  expect(() => run(inputOf(flight, { control: null, survey: { rows, sigmaM: 0.02 } }))).toThrow(
    'survey row 2: camera "cam0" has a place already, need one row per camera',
  );
});

test("Values that are no numbers are refused by camera and row", () => {
  const flight = makeFlight(flightOptions);
  const cameras = flight.cameras.map(({ input }, index) =>
    index === 2 ? { ...input, uvPx: input.uvPx.with(7, Number.NaN) } : input,
  );
  expect(() => run(inputOf(flight, { cameras }))).toThrow(/camera "cam2": row 4 of what it saw is/);
  const control = { ...flight.control, positionsM: flight.control.positionsM.with(4, Number.NaN) };
  expect(() => run(inputOf(flight, { control }))).toThrow(/control track: row 2 is/);
});

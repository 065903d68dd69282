/**
 * Explanations against a geometry worked by hand: three cameras on the axes of a level plane, 50 m from the origin, that look at it.
 *
 * Focal length 500 px, principal point (500, 500): a metre at the origin is 10 px, so what lies 1 m east of it is 10 px off in the camera
 * north of it and in the middle for the one east of it.
 */
import { expect, test } from "bun:test";
import { parseSite } from "@skyvox/cameras";
import { cameraId, type Detection, type TrackUpdate, trackId, type Vec3 } from "@skyvox/core";
import { defaultTrackerOptions } from "@skyvox/tracking";
import { type Evidence, explainedSite } from "../src/explain/evidence.ts";
import { explainCamera } from "../src/explain/explain-camera.ts";
import { explainPlace } from "../src/explain/explain-place.ts";
import { explainTrack } from "../src/explain/explain-track.ts";
import type { CameraReport } from "../src/worker-messages.ts";

type Box = readonly [number, number, number, number];

const PLACES: Readonly<Record<string, [number, number, number]>> = {
  north: [0, 50, 10],
  east: [50, 0, 10],
  south: [0, -50, 10],
};

const site = parseSite(
  {
    name: "plane",
    origin: { latitudeDeg: 47, longitudeDeg: 8, heightM: 400 },
    volume: { minM: [-30, -30, 0], maxM: [30, 30, 20], voxelSizeM: 0.5 },
    cameras: Object.entries(PLACES).map(([id, positionM]) => ({
      id,
      source: `scene:${id}`,
      intrinsics: { widthPx: 1001, heightPx: 1001, fxPx: 500, fyPx: 500, cxPx: 500, cyPx: 500 },
      pose: { positionM, orientation: { lookAtM: [0, 0, 10] } },
    })),
    options: { viewsMin: 3, target: { sizeM: 1 } },
  },
  "plane.json",
);

const TIME_NS = 2_000_000_000n;

function report(id: string, blobs: readonly Box[], changed: Partial<CameraReport> = {}): CameraReport {
  const counts = { framesTotal: 1, skippedTotal: 0, lateTotal: 0, missingTotal: 0, motionPixels: 1 };
  return { id: cameraId(id), state: "running", ...counts, flooded: false, seenS: null, blobs, ...changed };
}

/** A box of nine pixels around a pixel. */
function around(u: number, v: number): Box {
  return [u - 1, v - 1, u + 1, v + 1];
}

const nothing = ["north", "east", "south"].map((id) => report(id, []));

function evidence(changed: Partial<Evidence> = {}): Evidence {
  const still = { timeNs: TIME_NS, detections: [], updates: [], reports: nothing };
  return { ...explainedSite(site, defaultTrackerOptions), ...still, ...changed };
}

function update(changed: Partial<TrackUpdate> = {}): TrackUpdate {
  return {
    id: trackId(7),
    state: "confirmed",
    timeNs: TIME_NS,
    firstTimeNs: 500_000_000n,
    positionEnuM: [1, 0, 10],
    velocityEnuMps: [0, 0, 0],
    covariance: Float64Array.from({ length: 36 }, (_, i) => (i % 7 === 0 ? 0.01 : 0)),
    score: 20,
    detectionCount: 40,
    missedCount: 0,
    ...changed,
  };
}

function detection(positionEnuM: Vec3, cameraBits: number): Detection {
  const cameraCount = [...cameraBits.toString(2)].filter((bit) => bit === "1").length;
  const covarianceM2 = [0.01, 0, 0, 0, 0.01, 0, 0, 0, 0.01] as const;
  return { timeNs: TIME_NS, positionEnuM, covarianceM2, extentM: [0.1, 0.1, 0.1], cameraBits, cameraCount, weight: 1 };
}

test("A track is explained by its detection, the cameras that took part in it and their residuals", () => {
  // North of the origin looking south, east is left: 1 m east at 50 m is u = 490. The camera east of it sees it in the middle, at 49 m.
  const reports = [report("north", [around(492, 500)]), report("east", [around(500, 503)]), report("south", [])];
  const told = explainTrack(evidence({ reports, detections: [detection([1.1, 0, 10], 0b011)] }), update());
  expect(told).toMatchObject({ id: 7, timeS: 2, state: "confirmed", ageS: 1.5, detectionCount: 40, missedCount: 0 });
  // 0.1 m apart, both covariances 0.01 m2: 0.01 / 0.02 squared sigmas.
  expect(told.detection).toMatchObject({ cameraCount: 2, positionM: [1.1, 0, 10] });
  expect(told.detection?.distanceM).toBeCloseTo(0.1, 12);
  expect(told.detection?.squaredSigmas).toBeCloseTo(0.5, 12);
  expect(told.cameras.map(({ id, verdict }) => [id, verdict])).toEqual([
    ["north", "seen"],
    ["east", "seen"],
    ["south", "still"],
  ]);
  expect(told.cameras.map(({ pixel }) => pixel?.map((value) => Number(value.toFixed(9))))).toEqual([
    [490, 500],
    [500, 500],
    [510, 500],
  ]);
  expect(told.cameras.map(({ residualPx }) => residualPx && Number(residualPx.toFixed(9)))).toEqual([2, 3, null]);
  expect(told.covarianceM2).toEqual([0.01, 0, 0, 0.01, 0, 0.01]);
  // 1 / (1 + e^-20).
  expect(told.existence).toBeCloseTo(0.9999999979, 10);
  // ln((1 - 0.001) / 1e-6) = 13.8145.
  expect(told.confirmScore).toBeCloseTo(13.8145, 4);
  expect(told.summary).toBe("Confirmed: 2 of 3 cameras see it now; score 20.0, confirmed from 13.8 on");
});

test("A camera that looked a frame later is asked about where the track was then", () => {
  // 0.1 s later at 10 m/s the track is 1 m further east: at u = 480 for the camera north of it, where the motion is.
  const reports = [report("north", [around(480, 500)], { seenS: 2.1 }), report("east", []), report("south", [])];
  const moving = update({ velocityEnuMps: [10, 0, 0] });
  const [north, , south] = explainTrack(evidence({ reports }), moving).cameras;
  expect(north?.pixel?.map((value) => Number(value.toFixed(9)))).toEqual([480, 500]);
  expect(north?.residualPx).toBeCloseTo(0, 9);
  expect(south?.pixel?.map((value) => Number(value.toFixed(9)))).toEqual([510, 500]);
});

test("A detection beyond the gate is not a track's, and one that was missed has none", () => {
  // The gate of 0.9999 with three degrees of freedom is 21.11; 0.7 m is 24.5 squared sigmas.
  const far = evidence({ detections: [detection([1.7, 0, 10], 0b111)] });
  expect(explainTrack(far, update()).detection).toBeNull();
  const near = evidence({ detections: [detection([1.6, 0, 10], 0b111)] });
  expect(explainTrack(near, update()).detection?.squaredSigmas).toBeCloseTo(18, 9);
  const coasting = explainTrack(near, update({ state: "coasting", missedCount: 4 }));
  expect(coasting.detection).toBeNull();
  expect(coasting.summary).toBe("Coasting: no detection in its gate for 4 frame sets; it ends after 2 s without one");
});

test("A track that is not confirmed says how far it is from being so, one that has ended says no more of cameras", () => {
  const told = explainTrack(evidence(), update({ state: "tentative", score: 4.21, detectionCount: 3 }));
  expect(told.summary).toBe("Not confirmed yet: its score is 4.2, confirmed from 13.8 on; 3 detections in 1.5 s");
  const ended = explainTrack(evidence(), update({ state: "deleted", missedCount: 60 }));
  expect(ended.summary).toStartWith("Ended after 1.5 s and 40 detections: 60 frame sets without one");
  expect(ended.cameras).toEqual([]);
});

test("Cameras that cannot tell say why", () => {
  const reports = [
    report("north", [around(490, 500)], { flooded: true }),
    report("east", [], { state: "failed", detail: "no such file" }),
  ];
  const { cameras } = explainTrack(evidence({ reports }), update());
  expect(cameras.map(({ verdict, detail }) => [verdict, detail])).toEqual([
    ["flooded", "too much of its picture moves"],
    ["off", "no such file"],
    ["off", "no frame yet"],
  ]);
});

test("A place without a track names the first step that is missing", () => {
  const at: Vec3 = [1, 0, 10];
  const verdict = (changed: Partial<Evidence>) => {
    const { verdict: found, summary } = explainPlace(evidence(changed), at);
    return [found, summary];
  };
  expect(verdict({})).toEqual(["still", "0 of 3 cameras that look here see something move, 3 must agree"]);
  const two = [report("north", [around(490, 500)]), report("east", [around(500, 500)]), report("south", [])];
  expect(verdict({ reports: two })).toEqual([
    "still",
    "2 of 3 cameras that look here see something move, 3 must agree",
  ]);
  const three = [...two.slice(0, 2), report("south", [around(510, 500)])];
  expect(verdict({ reports: three })).toEqual([
    "apart",
    "3 cameras see motion in this direction, but no 3 of them agree within 1 m",
  ]);
  expect(verdict({ reports: two.slice(0, 2) })).toEqual([
    "unwatched",
    "2 cameras look here and can see motion, 3 must agree",
  ]);
  const agreed = { reports: three, detections: [detection([1, 0.5, 10], 0b111)] };
  expect(verdict(agreed)).toEqual([
    "detection",
    "3 cameras agree 0.5 m off: a track begins with the second detection in its gate",
  ]);
  expect(verdict({ ...agreed, updates: [update({ state: "tentative", score: 5 })] })).toEqual([
    "tentative",
    "Track 7 is here but not confirmed yet: its score is 5.0 and must reach 13.8",
  ]);
  expect(verdict({ ...agreed, updates: [update()] })).toEqual(["track", "Track 7 is here, 0.0 m off"]);
  expect(explainPlace(evidence(), [0, 0, 21]).verdict).toBe("outside");
});

test("What moves in a camera's picture has a track, or too few cameras that agree along its ray", () => {
  const reports = [
    // A tall box that is the track's, and a speck at u = 400: 10 m east at the origin's distance.
    report("north", [around(400, 500), [486, 480, 494, 520]]),
    report("east", [around(500, 500)]),
    // Where the ray of the speck crosses the plane n = 0, at [10, 0, 10], the camera south of it sees it at u = 600.
    report("south", [around(510, 500), around(600, 500)]),
  ];
  const told = explainCamera(evidence({ reports, updates: [update()] }), "north");
  expect(told?.summary).toBe("2 things move in its picture, 1 of the 2 largest without a track");
  expect(told?.things.map(({ trackId: id, why }) => [id, why])[0]).toEqual([7, "track 7"]);
  const speck = told?.things[1];
  // East, north and south see motion there: at the origin's distance from all three.
  expect(speck?.camerasAgreeing).toBe(3);
  expect(Math.hypot((speck?.positionM?.[0] ?? 0) - 10, speck?.positionM?.[1] ?? 9)).toBeLessThan(1.5);
  expect(speck?.why).toContain("no 3 of them agree within 1 m");
});

test("Motion that one camera alone sees has too few that agree", () => {
  const reports = [report("north", [around(300, 500)]), report("east", []), report("south", [])];
  expect(explainCamera(evidence({ reports }), "north")?.things[0]).toMatchObject({
    trackId: null,
    camerasAgreeing: 1,
    why: "no other camera sees motion in one place along its ray, 3 must agree",
  });
  // The ray rises 0.99 m a metre: 20 m ahead, where the volume begins, it is at 29.8 m and the volume ends at 20.
  const high = [report("north", [around(500, 5)]), report("east", []), report("south", [])];
  expect(explainCamera(evidence({ reports: high }), "north")?.things[0]?.why).toBe("its ray misses the volume");
  expect(explainCamera(evidence(), "west")).toBeNull();
});

/**
 * What the small world says of itself when it is asked to explain.
 *
 * Three cameras see every track and the fourth sees too much; the sixth target is seen by one alone, so it has no track.
 */
import type { CameraExplanation, CameraVerdict, PlaceExplanation, TrackExplanation } from "../src/explanations.ts";
import { projectToPixel } from "../src/page/geometry.ts";
import { CAMERAS, MISSED, tracksAt } from "./fake-world.ts";

type Point = readonly [number, number, number];

/** Answers a request for an explanation at a time; null where it is none. */
export function explanationAt(url: URL, timeS: number): Response | null {
  const track = /^\/api\/v1\/tracks\/(\d+)\/explanation$/.exec(url.pathname)?.[1];
  if (track !== undefined) return answer(trackExplanation(Number(track), timeS), `Cannot explain track ${track}`);
  const camera = /^\/api\/v1\/cameras\/([^/]+)\/explanation$/.exec(url.pathname)?.[1];
  if (camera !== undefined) return answer(cameraExplanation(camera, timeS), `Cannot explain camera "${camera}"`);
  if (url.pathname !== "/api/v1/explanation") return null;
  const [e = 0, n = 0, u = 0] = ["e", "n", "u"].map((name) => Number(url.searchParams.get(name)));
  return answer(placeExplanation([e, n, u], timeS), "");
}

function answer(body: object | null, detail: string): Response {
  return body === null ? Response.json({ status: 404, detail }, { status: 404 }) : Response.json(body);
}

function trackExplanation(id: number, timeS: number): TrackExplanation | null {
  const track = tracksAt(timeS).tracks.find((candidate) => candidate.id === id);
  if (!track) return null;
  const { state, positionM, covarianceM2, score, ageS, detectionCount } = track;
  return {
    ...{ id, timeS, state, covarianceM2, score, ageS, detectionCount },
    summary: `Confirmed: 3 of 4 cameras see it now; score ${score.toFixed(1)}, confirmed from 13.8 on`,
    ...{ confirmScore: 13.8, existence: 1 / (1 + Math.exp(-score)), missedCount: 0 },
    model: "constant velocity, wandering by 4 m/s² (one sigma in a second)",
    detection: { positionM, distanceM: 0.06, squaredSigmas: 1.44, gate: 21.1, cameraCount: 3 },
    cameras: CAMERAS.map((camera, i): CameraVerdict => {
      const pixel = projectToPixel(camera, positionM);
      if (i === 3)
        return { id: camera.id, verdict: "flooded", detail: "too much of its picture moves", pixel, residualPx: null };
      return { id: camera.id, verdict: "seen", detail: "took part in its detection", pixel, residualPx: 0.4 + i / 2 };
    }),
  };
}

function placeExplanation(positionM: Point, timeS: number): PlaceExplanation {
  const verdicts = ["moves", "still", "still", "outside"] as const;
  const details = [
    "something moves there",
    "nothing moves within 9 px",
    "nothing moves in its picture",
    "outside its picture",
  ];
  return {
    ...{ positionM, timeS, verdict: "still", camerasNeeded: 3, track: null, detection: null },
    summary: "1 of 3 cameras that look here see something move, 3 must agree",
    cameras: CAMERAS.map(
      ({ id }, i): CameraVerdict => ({
        ...{ id, verdict: verdicts[i] ?? "still", detail: details[i] ?? "" },
        ...{ pixel: null, residualPx: i === 0 ? 1.2 : null },
      }),
    ),
  };
}

function cameraExplanation(id: string, timeS: number): CameraExplanation | null {
  if (!CAMERAS.some((camera) => camera.id === id)) return null;
  const alone = "no other camera sees motion in one place along its ray, 3 must agree";
  return {
    ...{ id, timeS, camerasNeeded: 3, thingsMoving: 2 },
    summary: "2 things move in its picture, 1 of the 2 largest without a track",
    things: [
      { box: [900, 500, 920, 514], trackId: 12, camerasAgreeing: null, positionM: null, why: "track 12" },
      { box: [300, 200, 306, 205], trackId: null, camerasAgreeing: 1, positionM: MISSED.positionM, why: alone },
    ],
  };
}

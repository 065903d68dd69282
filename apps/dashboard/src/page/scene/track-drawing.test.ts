import { expect, test } from "bun:test";
import { Vector2 } from "three";
import type { TracksMessage } from "../../messages.ts";
import type { Choices } from "../choices.ts";
import { LiveState } from "../live-state.ts";
import { STATE_COLOURS } from "../palette.ts";
import { Ellipsoids } from "./ellipsoids.ts";
import { Markers } from "./markers.ts";
import { Segments } from "./segments.ts";
import { drawMoving } from "./track-drawing.ts";

const CHOICES: Choices = {
  ...{ truth: true, voxels: true, ellipsoids: true, trails: false, paused: false, recorded: false },
  ...{ trackId: null, place: null, cameraIndex: null, cluster: false, follow: false },
};

function message(timeS: number, eastM: number): TracksMessage {
  const still = { velocityMps: [0, 0, 0], score: 1, ageS: 1, detectionCount: 1 } as const;
  const states = ["confirmed", "coasting", "tentative"] as const;
  return {
    type: "tracks",
    timeS,
    tracks: states.map((state, i) => ({
      ...{ id: i + 1, state, ...still },
      positionM: [eastM, 20 * i, 10],
      covarianceM2: [4, 0, 0, 1, 0, 0.25],
    })),
    detections: [],
    truth: [{ name: "a", positionM: [eastM + 0.5, 0, 10] }],
  };
}

/** Draws two seconds of flight and returns what the batches hold. */
function drawn(choices: Partial<Choices> = {}) {
  const shared = { viewport: { value: new Vector2(1, 1) }, scale: { value: 1 } };
  const brushes = {
    segments: new Segments(500, shared),
    markers: new Markers(100, shared),
    ellipsoids: new Ellipsoids(10, shared),
  };
  const state = new LiveState();
  for (let step = 0; step <= 20; step++) state.take(message(step / 10, step), 0);
  drawMoving(brushes, state, { ...CHOICES, ...choices });
  const { geometry } = brushes.ellipsoids.mesh;
  const count = "instanceCount" in geometry ? Number(geometry.instanceCount) : 0;
  const column = (name: string) => Array.from(geometry.getAttribute(name).array).slice(0, 3 * count);
  return {
    segmentCount: brushes.segments.mesh.geometry.drawRange.count / 6,
    markerCount: brushes.markers.mesh.geometry.drawRange.count,
    ellipsoidCount: count,
    axesM: ["axisA", "axisB", "axisC"].map(column),
    tints: Array.from(geometry.getAttribute("tint").array).slice(0, 4 * count),
  };
}

test("Truth adds a ring, the dashes of its path and one line to the track that follows it, and goes with its switch", () => {
  const [shown, hidden] = [drawn(), drawn({ truth: false })];
  expect(shown.markerCount - hidden.markerCount).toBe(1);
  // Of samples 0.1 s apart over 2 s those are dashes whose time lies in [0, 0.32), [0.64, 0.96), [1.28, 1.6) or [1.92, 2]: 3 + 3 + 3 + 1.
  expect(shown.segmentCount - hidden.segmentCount).toBe(3 + 3 + 3 + 1 + 1);
});

test("Ellipsoids are as large as the covariance says, in metres, and go with their switch", () => {
  const { axesM, ellipsoidCount } = drawn();
  expect(ellipsoidCount).toBe(3);
  // Sigmas 2, 1 and 0.5 m times 2.7955, the root of the 95 % quantile of chi-square with three degrees of freedom.
  const lengths = axesM.map((axis) => Math.hypot(...axis.slice(0, 3)));
  for (const [i, sigmaM] of [2, 1, 0.5].entries()) expect(lengths[i]).toBeCloseTo(2.7955 * sigmaM, 3);
  expect(drawn({ ellipsoids: false }).ellipsoidCount).toBe(0);
});

test("An ellipsoid's colour is that of its track's state", () => {
  const { tints } = drawn();
  const hues = [0, 1, 2].map((i) => tints.slice(4 * i, 4 * i + 3).map((value) => value / (tints[4 * i + 3] ?? 1)));
  for (const [i, state] of (["confirmed", "coasting", "tentative"] as const).entries()) {
    const colour = STATE_COLOURS[state];
    const expected = [16, 8, 0].map((shift) => ((colour >> shift) & 255) / 255);
    for (const axis of [0, 1, 2]) expect(hues[i]?.[axis]).toBeCloseTo(expected[axis] ?? -1, 1);
  }
});

/**
 * What moves in the scene, written into the batches: trails, stems, velocity whips, ellipsoids, signs, detections and truth.
 *
 * It runs once per frame set; turning the view draws the same batches again.
 */
import type { Choices } from "../choices.ts";
import { ellipsoidOf, type Point } from "../geometry.ts";
import { AFTERGLOW_S, colourOf, type LiveState, type ShownTrack } from "../live-state.ts";
import { ACCENT, STATE_COLOURS, TEXT } from "../palette.ts";
import { positionOfPlace } from "../place.ts";
import { GROUND_M } from "../site-plan.ts";
import { isDash, TRAIL_S, type Trail } from "../trail.ts";
import type { Ellipsoids } from "./ellipsoids.ts";
import { type Markers, SIGN } from "./markers.ts";
import type { Segments } from "./segments.ts";

/** What moving things are drawn with. */
export interface Brushes {
  readonly segments: Segments;
  readonly markers: Markers;
  readonly ellipsoids: Ellipsoids;
}

/** Samples further apart than this are not joined: nothing is known of the flight between. */
export const TRAIL_GAP_S = 0.7;
/** The velocity whip points to where the track will be in a second. */
const WHIP_S = 1;

/** Draws tracks, detections and truth as they are now and hands them to the graphics device. */
export function drawMoving(brushes: Brushes, state: LiveState, choices: Choices): void {
  for (const brush of [brushes.segments, brushes.markers, brushes.ellipsoids]) brush.clear();
  for (const { positionM } of state.detections) brushes.markers.add(positionM, SIGN.tick, ACCENT, 0.85, 11);
  for (const track of state.tracks.values()) {
    const lookedThrough = choices.cameraIndex !== null;
    drawTrack(brushes, track, { state, choices, stem: !lookedThrough });
  }
  if (choices.place) brushes.markers.add(positionOfPlace(choices.place, state), SIGN.brackets, ACCENT, 0.95, 36);
  // Last, so that its dashes lie on the track that follows it.
  if (choices.truth) drawTruth(brushes, state);
  for (const brush of [brushes.segments, brushes.markers, brushes.ellipsoids]) brush.upload();
}

/** Where targets truly are and were: rings and dashed paths, and from each track a line to the truth it follows. */
function drawTruth({ segments, markers }: Brushes, state: LiveState): void {
  for (const { positionM } of state.truth) markers.add(positionM, SIGN.ring, TEXT, 0.45, 23);
  for (const trail of state.truthTrails.values()) drawDashes(segments, trail, state.timeS);
  for (const [id, error] of state.errors) {
    const track = state.tracks.get(id);
    if (track) segments.add(track.now.positionM, error.positionM, TEXT, 0.9, 0.9, 1);
  }
}

function drawDashes(segments: Segments, trail: Trail, timeS: number): void {
  const alpha = (i: number): number => 0.62 * Math.max(0, 1 - (timeS - trail.timeS(i)) / TRAIL_S);
  for (let i = trail.count - 1; i > 0; i--) {
    if (!isDash(trail.timeS(i)) || trail.timeS(i) - trail.timeS(i - 1) > TRAIL_GAP_S) continue;
    segments.add(trail.pointM(i - 1), trail.pointM(i), TEXT, alpha(i - 1), alpha(i), 1.2);
  }
}

function drawTrack(
  { segments, markers, ellipsoids }: Brushes,
  track: ShownTrack,
  { state, choices, stem }: { state: LiveState; choices: Choices; stem: boolean },
): void {
  const { now } = track;
  const colour = colourOf(track);
  const tentative = now.state === "tentative";
  const left = track.endedS === null ? 1 : Math.max(0, 1 - (state.timeS - track.endedS) / AFTERGLOW_S);
  const strength = (tentative ? 0.5 : 1) * left;
  if (choices.trails) drawTrail(segments, track, state.timeS, colour, strength);
  if (track.endedS !== null) return;
  const chosen = choices.trackId === now.id;
  if (stem) {
    const foot: Point = [now.positionM[0], now.positionM[1], GROUND_M];
    segments.add(foot, now.positionM, colour, 0.16 * strength, 0.34 * strength, 1);
    markers.add(foot, SIGN.dot, colour, 0.5 * strength, 7);
  }
  const tip: Point = [
    now.positionM[0] + now.velocityMps[0] * WHIP_S,
    now.positionM[1] + now.velocityMps[1] * WHIP_S,
    now.positionM[2] + now.velocityMps[2] * WHIP_S,
  ];
  segments.add(now.positionM, tip, colour, 0.95 * strength, 0.1 * strength, 1.6);
  if (choices.ellipsoids) {
    const axes = ellipsoidOf(now.covarianceM2);
    if (axes) ellipsoids.add(now.positionM, axes, STATE_COLOURS[now.state], strength);
  }
  const sign = now.state === "confirmed" ? SIGN.dot : SIGN.hollow;
  markers.add(now.positionM, sign, colour, tentative ? 0.7 : 1, now.state === "confirmed" ? 24 : 17);
  if (chosen) markers.add(now.positionM, SIGN.brackets, TEXT, 0.95, 36);
}

function drawTrail(segments: Segments, { trail }: ShownTrack, timeS: number, colour: number, strength: number): void {
  const alpha = (i: number): number => 0.9 * strength * Math.max(0, 1 - (timeS - trail.timeS(i)) / TRAIL_S) ** 1.6;
  for (let i = trail.count - 1; i > 0; i--) {
    if (trail.timeS(i) - trail.timeS(i - 1) > TRAIL_GAP_S) continue;
    const fresh = Math.max(0, 1 - (timeS - trail.timeS(i)) / TRAIL_S);
    segments.add(trail.pointM(i - 1), trail.pointM(i), colour, alpha(i - 1), alpha(i), 1 + 1.5 * fresh);
  }
}

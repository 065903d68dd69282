/** What can be pointed at in the scene: tracks and cameras where their labels hang, and truth and detections that no track explains. */
import type { Choices } from "../choices.ts";
import type { Label } from "../labels.ts";
import type { LiveState } from "../live-state.ts";
import { missedTruth, type Place } from "../place.ts";
import { fixed } from "../readout.ts";
import type { Target } from "./picker.ts";

type Project = (pointM: ArrayLike<number>) => readonly [number, number] | null;

/** A detection nearer to a track than this is that track's, metres. */
const OWN_M = 3;

/** Lists what can be pointed at in a drawing with these labels. */
export function listTargets(labels: readonly Label[], state: LiveState, choices: Choices, project: Project): Target[] {
  const targets: Target[] = [];
  for (const { kind, key, x, y } of labels) {
    if (kind === "track" || kind === "camera") targets.push({ kind, id: Number(key.split(" ")[1]), x, y });
  }
  const missed = new Set(choices.truth ? missedTruth(state).map(({ label }) => label) : []);
  for (const [id, { name, positionM }] of state.truth.entries()) {
    const at = missed.has(name) ? project(positionM) : null;
    if (at) targets.push({ kind: "truth", id, x: at[0], y: at[1] });
  }
  const tracks = state.liveTracks();
  for (const [id, { positionM }] of state.detections.entries()) {
    const isTaken = tracks.some(
      ({ now }) => Math.hypot(...now.positionM.map((value, axis) => value - (positionM[axis] ?? 0))) < OWN_M,
    );
    const at = isTaken ? null : project(positionM);
    if (at) targets.push({ kind: "detection", id, x: at[0], y: at[1] });
  }
  return targets;
}

/** The place that a target of the last drawing stands for; null where it is gone meanwhile. */
export function placeOf({ kind, id }: Target, state: LiveState): Place | null {
  const truth = kind === "truth" ? state.truth[id] : undefined;
  if (truth) return { label: truth.name, positionM: truth.positionM, truthName: truth.name };
  const detection = kind === "detection" ? state.detections[id] : undefined;
  if (!detection) return null;
  const label = `detection at ${detection.positionM.map((value) => fixed(value, 1)).join(" ")}`;
  return { label, positionM: detection.positionM, truthName: null };
}

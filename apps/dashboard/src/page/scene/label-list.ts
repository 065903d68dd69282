/**
 * Which labels hang where in the scene: tracks, targets without one, cameras, metre marks and north.
 *
 * The order is that of their rights: what comes first gets the better place. Whatever has no place on screen has no label.
 */
import type { Choices } from "../choices.ts";
import type { Label } from "../labels.ts";
import { colourOf, type LiveState } from "../live-state.ts";
import { missedTruth } from "../place.ts";
import { fixed, speedMps } from "../readout.ts";
import { scaleMarks } from "../site-plan.ts";
import { northArrow } from "./furniture.ts";

type Project = (pointM: ArrayLike<number>) => readonly [number, number] | null;

/** Lists the labels of the scene, the chosen track first so that it gets its place before the others. */
export function listLabels(
  state: LiveState,
  choices: Choices,
  hoveredTrackId: number | null,
  project: Project,
): Label[] {
  const labels: Label[] = [];
  const order = state.liveTracks().sort((a, b) => rank(b) - rank(a) || a.now.id - b.now.id);
  for (const track of order) {
    const at = project(track.now.positionM);
    if (!at) continue;
    const { now } = track;
    const error = choices.truth ? state.errors.get(now.id) : undefined;
    const tip = project(now.positionM.map((value, i) => value + (now.velocityMps[i] ?? 0)));
    labels.push({
      key: `track ${now.id}`,
      kind: "track",
      x: at[0],
      y: at[1],
      aheadPx: tip ? tip[0] - at[0] : 0,
      title: error ? `${now.id} Δ${fixed(error.distanceM, 2)}` : `${now.id}`,
      detail: `${fixed(speedMps(now), 1)} m/s ${fixed(now.positionM[2], 0)} m`,
      colour: colourOf(track),
      chosen: rank(track) > 0,
      dim: now.state === "tentative",
    });
  }
  for (const [index, { label, positionM }] of (choices.truth ? missedTruth(state) : []).entries()) {
    const at = project(positionM);
    if (at) labels.push({ key: `missed ${index}`, kind: "missed", x: at[0], y: at[1] - 20, title: label });
  }
  const site = state.hello?.site;
  if (!site || choices.cameraIndex !== null) return labels;
  for (const [index, camera] of site.cameras.entries()) {
    const at = project(camera.positionM);
    if (at) labels.push({ key: `camera ${index}`, kind: "camera", x: at[0], y: at[1] - 13, title: camera.id });
  }
  for (const [index, mark] of scaleMarks(site).entries()) {
    const at = project(mark.atM);
    if (at) labels.push({ key: `scale ${index}`, kind: "scale", x: at[0], y: at[1], title: mark.text });
  }
  const [, tip] = northArrow(site);
  const north = project([tip[0], tip[1] + (tip[1] - northArrow(site)[0][1]) * 0.35, tip[2]]);
  if (north) labels.push({ key: "north", kind: "north", x: north[0], y: north[1], title: "N" });
  return labels;

  function rank(track: { readonly now: { readonly id: number } }): number {
    return track.now.id === choices.trackId || track.now.id === hoveredTrackId ? 1 : 0;
  }
}

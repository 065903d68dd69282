/**
 * The list of tracks as a table, and the numbers of the chosen one.
 *
 * It is also the page's text form of the scene, for those who cannot see it.
 */
import type { Actions, Choices } from "./choices.ts";
import { byId, element, setAttribute, setText } from "./element.ts";
import { ellipsoidOf } from "./geometry.ts";
import { colourOf, type LiveState, type ShownTrack } from "./live-state.ts";
import { MissedList } from "./missed-list.ts";
import { cssColour } from "./palette.ts";
import { missedTruth } from "./place.ts";
import { durationText, fixed, headingDegrees, sigmasM, sigmaText, speedMps } from "./readout.ts";
import type { TruthError } from "./truth-match.ts";

interface Row {
  readonly root: HTMLTableRowElement;
  readonly button: HTMLButtonElement;
  readonly swatch: HTMLElement;
  readonly cells: readonly HTMLTableCellElement[];
}

/** The panel beside the scene. */
export class TrackPanel {
  private readonly body = byId("track-rows");
  private readonly rows = new Map<number, Row>();
  private readonly values = new Map<string, HTMLElement>();
  private readonly actions: Actions;
  private readonly missed: MissedList;

  constructor(actions: Actions) {
    this.actions = actions;
    this.missed = new MissedList(byId("missed"), actions);
    const list = byId("detail-list");
    for (const name of DETAIL_NAMES) {
      const value = element("dd");
      this.values.set(name, value);
      list.append(element("div", {}, element("dt", { text: name }), value));
    }
    byId("follow").addEventListener("click", () => actions.toggleFollow());
    byId("unchoose").addEventListener("click", () => actions.chooseTrack(null));
  }

  /** Writes the table and the details; called about ten times a second. */
  update(state: LiveState, choices: Choices): void {
    const tracks = state.liveTracks();
    setAttribute(byId("tracks"), "data-truth", choices.truth && state.hello?.hasTruth ? "shown" : "hidden");
    const ids = new Set(tracks.map(({ now }) => now.id));
    for (const [id, { root }] of this.rows) {
      if (ids.has(id)) continue;
      root.remove();
      this.rows.delete(id);
    }
    for (const [place, track] of tracks.entries()) {
      const row = this.rows.get(track.now.id) ?? this.makeRow(track.now.id);
      if (this.body.children[place] !== row.root) this.body.insertBefore(row.root, this.body.children[place] ?? null);
      this.fillRow(row, track, { choices, errors: state.errors });
    }
    this.missed.update(choices.truth ? missedTruth(state) : [], choices);
    setText(byId("track-count"), String(tracks.length));
    byId("no-tracks").hidden = tracks.length > 0;
    this.fillDetail(state, choices);
  }

  private makeRow(id: number): Row {
    const swatch = element("i", { className: "swatch" });
    const button = element("button", { className: "row-button" }, swatch, element("span", { text: String(id) }));
    button.type = "button";
    button.setAttribute("aria-label", `Track ${id}`);
    const head = element("th", {}, button);
    head.scope = "row";
    const cells = [element("td"), element("td"), element("td"), element("td", { className: "of-truth" })];
    const root = element("tr", {}, head, ...cells);
    root.addEventListener("click", () => this.actions.chooseTrack(id));
    const row = { root, button, swatch, cells };
    this.rows.set(id, row);
    return row;
  }

  private fillRow(
    row: Row,
    track: ShownTrack,
    { choices, errors }: { choices: Choices; errors: LiveState["errors"] },
  ): void {
    const { now } = track;
    row.swatch.style.color = cssColour(colourOf(track));
    setAttribute(row.root, "data-state", now.state);
    setAttribute(row.button, "aria-pressed", String(choices.trackId === now.id));
    const texts = [
      fixed(speedMps(now), 1),
      fixed(now.positionM[2], 1),
      sigmaText(now),
      fixed(errors.get(now.id)?.distanceM, 2),
    ];
    for (const [i, cell] of row.cells.entries()) setText(cell, texts[i] ?? "");
  }

  private fillDetail(state: LiveState, choices: Choices): void {
    const track = choices.trackId === null ? undefined : state.tracks.get(choices.trackId);
    byId("detail").hidden = choices.trackId === null;
    setAttribute(byId("follow"), "aria-pressed", String(choices.follow));
    if (choices.trackId === null) return;
    setText(byId("detail-title"), `Track ${choices.trackId}`);
    setText(byId("detail-state"), !track ? "not seen" : track.endedS !== null ? "ended" : track.now.state);
    if (track) byId("detail-swatch").style.color = cssColour(colourOf(track));
    const texts = track ? detailTexts(track, state) : {};
    for (const [name, value] of this.values) setText(value, texts[name] ?? "–");
  }
}

const DETAIL_NAMES = [
  "position",
  "velocity",
  "sigma",
  "95 %",
  "speed",
  "heading",
  "age",
  "score",
  "detections",
  "truth",
];

function detailTexts(track: ShownTrack, state: LiveState): Readonly<Record<string, string>> {
  const { now } = track;
  const three = (values: readonly number[], places: number): string => values.map((v) => fixed(v, places)).join(" ");
  return {
    position: `${three(now.positionM, 2)} m`,
    velocity: `${three(now.velocityMps, 1)} m/s`,
    sigma: `${three(sigmasM(now), 2)} m`,
    "95 %": ellipsoidText(now.covarianceM2),
    speed: `${fixed(speedMps(now), 1)} m/s`,
    heading: `${fixed(headingDegrees(now), 0).padStart(3, "0")}°`,
    age: durationText(now.ageS),
    score: fixed(now.score, 1),
    detections: String(now.detectionCount),
    truth: state.hello?.hasTruth ? truthText(state.errors.get(now.id)) : "not known",
  };
}

/** Half axes of the ellipsoid that holds the target with 95 %, longest first. */
function ellipsoidText(covarianceM2: readonly number[]): string {
  const axes = ellipsoidOf(covarianceM2);
  return axes ? `${axes.map((axis) => fixed(Math.hypot(...axis), 2)).join(" × ")} m` : "–";
}

/** Name of the truth a track follows and how far away it is. */
function truthText(error: TruthError | undefined): string {
  return error ? `${error.name}, ${fixed(error.distanceM, 2)} m off` : "none within 5 m";
}

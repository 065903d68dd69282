/**
 * Why: the node's explanation of the chosen track, of a place without one, or of what moves in the camera looked through.
 *
 * Rows are kept and rewritten, so that nothing jumps and a screen reader keeps its place.
 */
import type { CameraVerdict } from "../explanations.ts";
import type { Actions, Choices } from "./choices.ts";
import { byId, element, setAttribute, setText } from "./element.ts";
import { type Explanation, ExplanationFeed, type Subject } from "./explanation-feed.ts";
import type { LiveState } from "./live-state.ts";
import { type Place, positionOfPlace } from "./place.ts";
import { fixed } from "./readout.ts";

interface Line {
  readonly name: string;
  readonly verdict: string;
  readonly text: string;
  readonly value: string;
  /** What a click on the line asks about, or null. */
  readonly place: Place | null;
}

interface Row {
  readonly root: HTMLTableRowElement;
  readonly name: HTMLButtonElement;
  readonly text: HTMLElement;
  readonly value: HTMLElement;
  line: Line;
}

/** The panel below the chosen track's numbers. */
export class WhyPanel implements Disposable {
  private readonly feed = new ExplanationFeed();
  private readonly body = byId("why-rows");
  private readonly rows: Row[] = [];
  private readonly actions: Actions;

  constructor(actions: Actions) {
    this.actions = actions;
    byId("why-close").addEventListener("click", () => actions.choosePlace(null));
  }

  /** Asks and writes; called about ten times a second. While the page is paused the last answer stays. */
  update(parts: { state: LiveState; choices: Choices; nowMs: number }): void {
    const { state, choices, nowMs } = parts;
    const isLive = !choices.recorded;
    const subject = subjectOf(state, choices);
    byId("why").hidden = subject === null;
    if (!choices.paused) this.feed.poll(nowMs, isLive ? subject : null);
    if (subject === null) return;
    const { answer, problem } = this.feed;
    setAttribute(byId("why"), "data-kind", subject.kind);
    setText(byId("why-title"), titleOf(subject, answer));
    byId("why-close").hidden = subject.kind !== "place";
    const waiting = isLive
      ? "Asking the node"
      : "Explained live only: the node keeps tracks, not what the cameras said of them";
    setText(byId("why-summary"), answer?.told.summary ?? problem ?? waiting);
    setText(byId("why-numbers"), answer ? numbersOf(answer) : "");
    this.write(answer ? linesOf(answer) : []);
  }

  [Symbol.dispose](): void {
    this.feed[Symbol.dispose]();
  }

  private write(lines: readonly Line[]): void {
    while (this.rows.length > lines.length) this.rows.pop()?.root.remove();
    for (const [i, line] of lines.entries()) {
      const row = this.rows[i] ?? this.makeRow(line);
      row.line = line;
      setAttribute(row.root, "data-verdict", line.verdict);
      setText(row.name, line.name);
      row.name.disabled = line.place === null;
      setText(row.text, line.text);
      setText(row.value, line.value);
    }
  }

  private makeRow(line: Line): Row {
    const name = element("button", { className: "why-name" });
    name.type = "button";
    const head = element("th", {}, name);
    head.scope = "row";
    const text = element("td", { className: "why-text" });
    const value = element("td", { className: "why-value" });
    const row: Row = { root: element("tr", {}, head, text, value), name, text, value, line };
    name.addEventListener("click", () => row.line.place && this.actions.choosePlace(row.line.place));
    this.rows.push(row);
    this.body.append(row.root);
    return row;
  }
}

/** A chosen track comes before a place, and a place before the camera looked through. */
function subjectOf(state: LiveState, choices: Choices): Subject | null {
  if (choices.trackId !== null) return { kind: "track", id: choices.trackId };
  const { place } = choices;
  if (place) return { kind: "place", label: place.label, positionM: positionOfPlace(place, state) };
  const camera = choices.cameraIndex === null ? undefined : state.hello?.site.cameras[choices.cameraIndex];
  return camera ? { kind: "camera", id: camera.id } : null;
}

function titleOf(subject: Subject, answer: Explanation | null): string {
  if (subject.kind === "track") return "Why this track";
  if (subject.kind === "camera") return `What moves in ${subject.id}`;
  const isThere = answer?.kind === "place" && answer.told.verdict === "track";
  return `${isThere ? "Which track" : "Why no track"}: ${subject.label}`;
}

function numbersOf(answer: Explanation): string {
  if (answer.kind !== "track") return "";
  const { existence, detection, model } = answer.told;
  const taken = detection
    ? `detection ${fixed(detection.distanceM, 2)} m off, ${fixed(Math.sqrt(detection.squaredSigmas), 1)} of ${fixed(Math.sqrt(detection.gate), 1)} sigmas`
    : "no detection now";
  return `exists with ${fixed(100 * existence, existence > 0.999 ? 2 : 0)} % · ${taken} · ${model}`;
}

function linesOf(answer: Explanation): Line[] {
  if (answer.kind !== "camera") return answer.told.cameras.map(lineOfCamera);
  return answer.told.things.map(({ trackId, why, positionM }, i) => ({
    name: trackId === null ? `motion ${i + 1}` : `track ${trackId}`,
    verdict: trackId === null ? "still" : "seen",
    text: trackId === null ? why : why.replace(/^track \d+(, )?/, ""),
    value: "",
    place: positionM && { label: `motion ${i + 1} of ${answer.told.id}`, positionM, truthName: null },
  }));
}

function lineOfCamera({ id, verdict, detail, residualPx }: CameraVerdict): Line {
  return {
    name: id,
    verdict,
    text: verdict === "seen" ? "sees it" : detail,
    value: residualPx === null ? "" : `${fixed(residualPx, 1)} px`,
    place: null,
  };
}

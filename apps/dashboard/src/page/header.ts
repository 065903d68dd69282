/**
 * The texts around the scene: the bar on top, the veil over the scene while nothing comes, and what a screen reader is told.
 *
 * They are written ten times a second and touch the page only where a text changed.
 */
import type { Choices } from "./choices.ts";
import { byId, setAttribute, setText } from "./element.ts";
import type { LiveState } from "./live-state.ts";
import { durationText, fixed } from "./readout.ts";
import type { LinkState } from "./stream.ts";

const ANNOUNCE_MS = 6_000;

/** The bar on top: whose site it is, what computes, how the line to the node is and how well targets are followed. */
export class Header {
  private announcedMs = -ANNOUNCE_MS;

  /** Writes the state of things; called about ten times a second. */
  update(parts: { state: LiveState; choices: Choices; link: LinkState; ended: boolean; nowMs: number }): void {
    const { state, choices, ended, nowMs } = parts;
    // A recording that has ended is silent by right.
    const link: LinkState = parts.link.kind === "stalled" && ended ? { kind: "live" } : parts.link;
    const { hello } = state;
    setText(byId("site-name"), hello?.site.name ?? "");
    setText(byId("backend-name"), hello ? `${hello.backend.name} · ${hello.backend.device}` : "–");
    setText(byId("backend-reason"), hello?.backend.reason ?? "");
    byId("backend").title = hello ? `${hello.backend.name} on ${hello.backend.device}: ${hello.backend.reason}` : "";
    setText(byId("version"), hello ? hello.version : "");
    byId("layer-truth").hidden = hello?.hasTruth === false;
    setText(byId("site-time"), durationText(state.timeS));
    setAttribute(byId("site-time"), "data-seconds", state.timeS.toFixed(3));
    const shown = shownState(choices, link, ended);
    setAttribute(byId("link"), "data-state", shown);
    setText(byId("link-text"), shown === link.kind ? linkText(link) : shown);
    this.tellScore(state);
    this.tellVeil(state, link, nowMs);
    this.announce(state, link, nowMs);
  }

  private tellScore(state: LiveState): void {
    const { score } = state;
    const tracks = state.liveTracks();
    const confirmed = tracks.filter(({ now }) => now.state !== "tentative").length;
    const whole = score !== null && score.missedCount === 0 && score.falseCount === 0;
    setAttribute(byId("score"), "data-quality", score === null ? "none" : whole ? "whole" : "partial");
    setText(byId("score-main"), score ? `${score.matchedCount} of ${score.truthCount}` : `${confirmed}`);
    setText(byId("score-what"), score ? "targets" : confirmed === 1 ? "track" : "tracks");
    setText(
      byId("score-rest"),
      score
        ? `RMSE ${fixed(score.rmseM, 2)} m · ${score.falseCount} false · ${score.switchCount} switched`
        : `${tracks.length - confirmed} tentative`,
    );
  }

  /** The veil over the scene says why nothing moves. */
  private tellVeil(state: LiveState, link: LinkState, nowMs: number): void {
    const waiting = link.kind === "waiting" || (link.kind === "connecting" && state.hello !== null);
    const kind = waiting ? "lost" : state.hello === null ? "connecting" : link.kind === "stalled" ? "stalled" : "none";
    const veil = byId("veil");
    setAttribute(veil, "data-kind", kind);
    veil.hidden = kind === "none";
    const titles = {
      lost: "Line to the node lost",
      connecting: "Connecting to the node",
      stalled: "The node is silent",
      none: "",
    };
    setText(byId("veil-title"), titles[kind]);
    setText(byId("veil-detail"), veilDetail(kind, link, nowMs));
    byId("retry").hidden = link.kind !== "waiting";
    const empty = kind === "none" && state.tracks.size === 0 && state.changes.tracks > 0;
    byId("empty").hidden = !empty;
  }

  private announce(state: LiveState, link: LinkState, nowMs: number): void {
    if (nowMs - this.announcedMs < ANNOUNCE_MS) return;
    this.announcedMs = nowMs;
    const confirmed = state.liveTracks().filter(({ now }) => now.state !== "tentative").length;
    setText(byId("announcer"), `${linkText(link)}, ${confirmed} ${confirmed === 1 ? "track" : "tracks"} confirmed`);
  }
}

/** What a person must know first: that the present is not shown, that nothing more comes, or how the line is. */
function shownState(
  choices: Choices,
  link: LinkState,
  ended: boolean,
): LinkState["kind"] | "paused" | "recorded" | "ended" {
  if (choices.recorded) return "recorded";
  if (choices.paused) return "paused";
  return ended && link.kind === "live" ? "ended" : link.kind;
}

function linkText(link: LinkState): string {
  return link.kind === "waiting" ? "reconnecting" : link.kind === "stalled" ? "silent" : link.kind;
}

function veilDetail(kind: string, link: LinkState, nowMs: number): string {
  if (kind === "connecting" && link.kind !== "waiting") return "Opening the stream";
  if (kind === "stalled") return "The line is open, but nothing came for some seconds";
  if (link.kind !== "waiting") return "Trying again now";
  return `Attempt ${link.attempt}, next in ${fixed(Math.max(0, link.retryAtMs - nowMs) / 1000, 1)} s`;
}

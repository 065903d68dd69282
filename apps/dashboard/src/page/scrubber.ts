/**
 * The bar below the scene: play and pause, a slider over the time the node keeps, and the way back to the present.
 *
 * The slider is the browser's own, so keyboard and screen reader work as they do everywhere. While a hand is on it playing rests, and goes on
 * from where it is let go.
 */

import type { Choices } from "./choices.ts";
import { byId, setAttribute, setText } from "./element.ts";
import { durationText, fixed } from "./readout.ts";
import type { Timeline } from "./timeline.ts";

/** The transport bar and the signs that the page shows what was. */
export class Scrubber {
  private readonly timeline: Timeline;
  private readonly choices: Choices;
  private readonly slider: HTMLInputElement;
  /** What playing was when a hand came on the slider; null without a hand. */
  private held: { readonly playing: boolean } | null = null;

  constructor(timeline: Timeline, choices: Choices) {
    this.timeline = timeline;
    this.choices = choices;
    const slider = byId("scrubber");
    if (!(slider instanceof HTMLInputElement)) throw new Error('Cannot use "scrubber" of the page, need an input');
    this.slider = slider;
    slider.addEventListener("input", () => this.drag());
    slider.addEventListener("change", () => this.letGo());
  }

  /** Writes where the page stands; called once per animation frame, and touches the page only where something changed. */
  update(): void {
    const { timeline, choices } = this;
    const { recorded, paused } = choices;
    const { extent, replay } = timeline;
    const still = recorded ? !replay.playing && this.held === null : paused;
    const atEnd = !recorded && timeline.ended;
    setAttribute(byId("pause"), "aria-pressed", String(still));
    setText(byId("pause-text"), still || (atEnd && !replay.playing) ? "Play" : "Pause");
    setAttribute(byId("stage"), "data-view", recorded ? "recorded" : "live");
    byId("recorded").hidden = !recorded;
    byId("go-live").hidden = timeline.ended;
    setAttribute(byId("go-live"), "aria-pressed", String(!recorded && !paused));
    this.slider.disabled = extent === null;
    if (!extent) return;
    const { lastS } = timeline;
    const behindS = Math.max(0, lastS - timeline.atS);
    setAttribute(this.slider, "min", extent.firstS.toFixed(1));
    setAttribute(this.slider, "max", lastS.toFixed(1));
    const value = (recorded ? timeline.atS : paused ? timeline.atS : lastS).toFixed(1);
    if (this.held === null && this.slider.value !== value) this.slider.value = value;
    this.slider.style.setProperty(
      "--part",
      `${(100 * partOf(Number(this.slider.value), extent.firstS, lastS)).toFixed(2)}%`,
    );
    setText(byId("scrub-behind"), recorded || paused ? `−${durationText(behindS)}` : atEnd ? "end" : "live");
    setText(byId("scrub-first"), `−${durationText(lastS - extent.firstS)}`);
    setAttribute(this.slider, "aria-valuetext", recorded ? `${fixed(behindS, 0)} seconds ago` : "the present");
    setText(byId("recorded-text"), noteOf(timeline, behindS));
  }

  private drag(): void {
    this.held ??= { playing: this.choices.recorded ? this.timeline.replay.playing : !this.choices.paused };
    this.timeline.replay.playing = false;
    this.timeline.seek(Number(this.slider.value), performance.now());
  }

  private letGo(): void {
    const playing = this.held?.playing === true;
    this.held = null;
    if (this.choices.recorded) this.timeline.replay.playing = playing;
  }
}

function partOf(value: number, first: number, last: number): number {
  return last > first ? Math.min(1, Math.max(0, (value - first) / (last - first))) : 1;
}

function noteOf({ ended, replay }: Timeline, behindS: number): string {
  if (replay.problem) return replay.problem;
  const where = ended ? `${durationText(behindS)} before the end` : `${durationText(behindS)} ago`;
  return `Recorded view, ${where}`;
}

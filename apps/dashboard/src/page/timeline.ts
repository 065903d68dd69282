/**
 * What the page shows: the present as the stream tells it, or the time before as the node kept it.
 *
 * The last TRAIL_S seconds of the stream are kept here all the time, so that trails are whole again at once when a person comes back to the
 * present. No DOM; `History` and the clock are given.
 */
import type { StreamMessage } from "../messages.ts";
import type { Choices } from "./choices.ts";
import type { Extent, History, KeptMessage } from "./history-feed.ts";
import type { LiveState } from "./live-state.ts";
import { Replay } from "./replay.ts";
import { TRAIL_S } from "./trail.ts";

const EXTENT_MS = 2_000;
/** Frame sets and camera reports of TRAIL_S seconds at most. */
const BACKLOG_MAX = 1_200;
/** A time this close to the end of the time line is the present. */
export const PRESENT_S = 0.3;

/** Decides which messages reach the state. */
export class Timeline {
  /** How far back one can look; null before the node has said so. */
  extent: Extent | null = null;
  readonly replay: Replay;
  private readonly parts: { readonly state: LiveState; readonly choices: Choices; readonly history: History };
  private backlog: KeptMessage[] = [];
  private edgeS = Number.NEGATIVE_INFINITY;
  private extentDueMs = 0;
  private isAsking = false;

  constructor(parts: Timeline["parts"]) {
    this.parts = parts;
    this.replay = new Replay(parts.state, parts.history);
  }

  /** True where nothing more will come: every camera's recording has ended. */
  get ended(): boolean {
    const cameras = this.newestReport()?.cameras ?? [];
    return cameras.length > 0 && cameras.every(({ state }) => state !== "running");
  }

  /** Where the time line ends now, site seconds. */
  get lastS(): number {
    return Math.max(this.edgeS, this.extent?.lastS ?? Number.NEGATIVE_INFINITY);
  }

  /** The time shown, site seconds. */
  get atS(): number {
    const { choices, state } = this.parts;
    return choices.recorded ? this.replay.atS : state.timeS;
  }

  /** Takes one message of the stream. */
  told(message: StreamMessage, nowMs: number): void {
    const { state, choices } = this.parts;
    if (message.type === "hello") this.begin();
    else if (message.type !== "voxels") this.keep(message);
    if (message.type === "hello" || (!choices.recorded && !choices.paused)) state.take(message, nowMs);
  }

  /** Plays on where what was is shown; called once per animation frame. */
  frame(nowMs: number): void {
    const { choices } = this.parts;
    if (!this.isAsking && nowMs >= this.extentDueMs) void this.ask(nowMs);
    if (!choices.recorded) return;
    this.replay.frame(nowMs, this.lastS);
    if (!this.replay.playing) return;
    if (this.ended) this.replay.playing = this.replay.atS < this.lastS;
    else if (this.replay.atS >= this.lastS - PRESENT_S) this.goLive(nowMs);
  }

  /** Shows what was at a time, or the present where the time is that. */
  seek(timeS: number, nowMs: number): void {
    if (!this.extent) return;
    const { choices } = this.parts;
    const goalS = Math.max(this.extent.firstS, timeS);
    if (goalS >= this.lastS - PRESENT_S && !this.ended) {
      this.goLive(nowMs);
      return;
    }
    if (!choices.recorded) this.replay.leave();
    choices.recorded = true;
    choices.paused = false;
    this.replay.seek(Math.min(goalS, this.lastS));
  }

  /** Goes back or on by some seconds. */
  step(seconds: number, nowMs: number): void {
    if (this.parts.choices.recorded || seconds < 0) this.seek(this.atS + seconds, nowMs);
  }

  /** Pauses and goes on; where a recording has ended, plays it from its beginning. */
  togglePlay(nowMs: number): void {
    const { choices } = this.parts;
    const atEnd = this.ended && this.atS >= this.lastS - PRESENT_S;
    if (atEnd && this.extent && !this.replay.playing) {
      this.seek(this.extent.firstS, nowMs);
      this.replay.playing = true;
    } else if (choices.recorded) this.replay.playing = !this.replay.playing;
    else if (choices.paused) this.goLive(nowMs);
    else choices.paused = true;
  }

  /** Returns to the present, with its trails. */
  goLive(nowMs: number): void {
    const { choices, state } = this.parts;
    if (!choices.recorded && !choices.paused) return;
    choices.recorded = false;
    choices.paused = false;
    this.replay.leave();
    state.restart(this.backlog[0]?.timeS ?? state.timeS);
    for (const message of this.backlog) state.take(message, nowMs);
  }

  private begin(): void {
    this.backlog = [];
    this.edgeS = Number.NEGATIVE_INFINITY;
    this.extent = null;
    this.extentDueMs = 0;
    this.replay.clear();
  }

  private keep(message: KeptMessage): void {
    // Time that runs backwards is a new run.
    if (message.timeS < this.edgeS - TRAIL_S) this.begin();
    this.edgeS = Math.max(this.edgeS, message.timeS);
    this.backlog.push(message);
    let old = Math.max(0, this.backlog.length - BACKLOG_MAX);
    while ((this.backlog[old]?.timeS ?? this.edgeS) < this.edgeS - TRAIL_S) old++;
    if (old > 0) this.backlog.splice(0, old);
  }

  private newestReport() {
    return this.backlog.findLast((message) => message.type === "cameras") ?? this.parts.state.report;
  }

  private async ask(nowMs: number): Promise<void> {
    this.isAsking = true;
    this.extentDueMs = nowMs + EXTENT_MS;
    this.extent = (await this.parts.history.extent()) ?? this.extent;
    this.isAsking = false;
  }
}

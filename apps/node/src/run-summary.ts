/**
 * What a person at the terminal reads: what runs and why, how far it is, what came of it.
 *
 * Lines go to standard output, progress to standard error; with `--json` the last line of standard output is for programs.
 */
import { type FrameProfileName, frameProfiles, type Site } from "@skyvox/cameras";
import { secondsFromNs, type TrackId, type TrackUpdate } from "@skyvox/core";
import type { FramePlan } from "./frame-pools.ts";
import type { Backends, NodeCounters } from "./node-view.ts";
import { Progress } from "./progress.ts";
import { answerLine } from "./shown-backends.ts";
import { wallMs } from "./wall-clock.ts";

/** What a summary is about and how it is printed. */
export interface RunSummaryOptions {
  readonly site: Site;
  /** The backends as they were chosen. */
  readonly chosen: Backends;
  /** What the frames will take. */
  readonly frames: FramePlan;
  /** How they come through. */
  readonly profile: FrameProfileName;
  readonly once: boolean;
  readonly json: boolean;
  /** Wall-clock milliseconds at which the program began; the real-time factor counts from there. */
  readonly beganMs: number;
}

/** Tells the person at the terminal what runs, how far it is and what came of it. */
export class RunSummary implements Disposable {
  readonly #options: RunSummaryOptions;
  readonly #progress: Progress;
  readonly #confirmed = new Map<TrackId, { firstTimeNs: bigint; lastTimeNs: bigint }>();
  readonly #digest = new Bun.CryptoHasher("sha256");
  #firstTimeNs: bigint | null = null;
  #lastTimeNs = 0n;

  constructor(options: RunSummaryOptions) {
    this.#options = options;
    this.#progress = new Progress({ label: "playing", stream: process.stderr, nowMs: wallMs });
    const { site, chosen, frames, profile } = options;
    this.#say(`site      ${site.name}: ${site.cameras.length} cameras`);
    for (const answer of chosen.backends.toSorted((a, b) => Number(b.chosen) - Number(a.chosen))) {
      this.#say(`${answer.chosen ? "kernels   " : "          "}${answerLine(answer)}`);
    }
    for (const line of frames.ok ? frames.lines : [`stay within the worker: ${frames.reason}`])
      this.#say(`frames    ${line}`);
    if (frames.ok) this.#say(`profile   ${profile}: ${knobsOf(profile)}`);
  }

  /** Says where the node can be reached. */
  serving(url: string): void {
    this.#say(`dashboard ${url}`);
    this.#say("Ctrl-C ends it");
  }

  frameSet(timeNs: bigint, updates: readonly TrackUpdate[]): void {
    this.#firstTimeNs ??= timeNs;
    this.#lastTimeNs = timeNs;
    for (const update of updates) this.#noteTrack(update);
    if (this.#options.once)
      this.#progress.update(`${secondsFromNs(timeNs).toFixed(1)} s, ${this.#confirmed.size} tracks`, null);
  }

  /** Prints what came of the run; with `--json` its last line is one object. */
  print(outcome: "ended" | "interrupted", counters: NodeCounters, { runs }: Backends): void {
    this.#progress[Symbol.dispose]();
    const siteS = secondsFromNs(this.#lastTimeNs - (this.#firstTimeNs ?? 0n));
    const wallS = (wallMs() - this.#options.beganMs) / 1000;
    const realTimeFactor = wallS > 0 ? siteS / wallS : 0;
    const frames = counters.cameras.reduce((sum, camera) => sum + camera.framesTotal, 0);
    const missing = counters.cameras.reduce((sum, camera) => sum + camera.missingTotal, 0);
    this.#say(
      `${outcome}     ${counters.frameSetsTotal} frame sets of ${frames} frames (${missing} missing), ${this.#confirmed.size} confirmed tracks`,
    );
    this.#say(
      `time      ${siteS.toFixed(2)} s of recording in ${wallS.toFixed(2)} s: real-time factor ${realTimeFactor.toFixed(2)}`,
    );
    const stageMs = stageMsPerSet(counters);
    const costs = Object.entries(stageMs).map(([stage, ms]) => `${stage} ${ms.toFixed(2)} ms`);
    this.#say(`per set   ${costs.join(", ")}`);
    if (!this.#options.json) return;
    console.log(
      JSON.stringify({
        outcome,
        site: this.#options.site.name,
        backend: runs.backend,
        frameSets: counters.frameSetsTotal,
        frames,
        missingFrames: missing,
        detections: counters.detectionsTotal,
        confirmedTracks: [...this.#confirmed].map(([id, { firstTimeNs, lastTimeNs }]) => ({
          id,
          confirmedS: secondsFromNs(firstTimeNs),
          lastS: secondsFromNs(lastTimeNs),
        })),
        tracksSha256: this.#digest.digest("hex"),
        siteSeconds: siteS,
        wallSeconds: wallS,
        realTimeFactor,
        stageMs,
        latencyMs: this.#options.once ? null : counters.latencyMs,
      }),
    );
  }

  [Symbol.dispose](): void {
    this.#progress[Symbol.dispose]();
  }

  #noteTrack(update: TrackUpdate): void {
    this.#digest.update(
      `${update.id} ${update.state} ${update.timeNs} ${update.positionEnuM} ${update.velocityEnuMps} ${update.covariance}\n`,
    );
    if (update.state !== "confirmed" && update.state !== "coasting") return;
    const known = this.#confirmed.get(update.id);
    if (known === undefined) this.#confirmed.set(update.id, { firstTimeNs: update.timeNs, lastTimeNs: update.timeNs });
    else known.lastTimeNs = update.timeNs;
  }

  #say(line: string): void {
    this.#progress[Symbol.dispose]();
    console.log(line);
  }
}

function knobsOf(profile: FrameProfileName): string {
  const { slots, aheadFrames, pollMs, isChecked, repeatMs, replacementsMax } = frameProfiles[profile];
  const looks = pollMs === 0 ? "looked for without a pause" : `looked for every ${pollMs} ms`;
  const frames = `${slots} slots a camera, ${aheadFrames} frames ahead, ${looks}, ${isChecked ? "checked" : "not checked"}`;
  return `${frames}, asked again after ${repeatMs} ms, ${replacementsMax} replacements a minute`;
}

/** Mean milliseconds each station took per frame set. */
function stageMsPerSet({ stageSeconds, frameSetsTotal }: NodeCounters): Record<string, number> {
  const sets = Math.max(1, frameSetsTotal);
  return Object.fromEntries(Object.entries(stageSeconds).map(([stage, seconds]) => [stage, (seconds * 1000) / sets]));
}

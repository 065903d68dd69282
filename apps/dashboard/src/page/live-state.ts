/**
 * What the page knows of the node: the newest of each message, trails, colours and curves. No DOM, no clock of its own.
 *
 * Views read it when they draw and compare the counters in `changes` to see what is new; nothing calls back. Everything in it is
 * bounded: TRACKS_MAX tracks and as many true paths with fixed trails, a minute of curves, REPORTS_MAX camera reports.
 */
import type { CamerasMessage, HelloMessage, ScoreSummary, StreamMessage, TracksMessage } from "../messages.ts";
import { freeColourIndex, TENTATIVE, TRACK_COLOURS } from "./palette.ts";
import { Series } from "./series.ts";
import { Trail } from "./trail.ts";
import { matchTruth, type TruthError } from "./truth-match.ts";
import { VoxelField } from "./voxel-field.ts";

export type TrackState = TracksMessage["tracks"][number];
export type CameraReport = CamerasMessage["cameras"][number];

/** One track as it is shown: its last state, its trail and the colour it wears. */
export interface ShownTrack {
  now: TrackState;
  readonly trail: Trail;
  /** Index into `TRACK_COLOURS`, null until the track is confirmed. */
  colourIndex: number | null;
  /** When the node stopped telling of it, in site seconds; its trail fades from then on. */
  endedS: number | null;
}

const TRACKS_MAX = 128;
const REPORTS_MAX = 16;
/** Tracks whose colours are remembered after they ended. */
const COLOURS_MAX = 1024;
const DETECTIONS_MAX = 512;
/** Seconds an ended track's trail stays. */
export const AFTERGLOW_S = 2.5;

/** What the node told, as the views read it. */
export class LiveState {
  hello: HelloMessage | null = null;
  timeS = 0;
  readonly tracks = new Map<number, ShownTrack>();
  detections: TracksMessage["detections"] = [];
  truth: NonNullable<TracksMessage["truth"]> = [];
  /** Where each true target was, by its name. */
  readonly truthTrails = new Map<string, Trail>();
  /** The truth that tracks follow now and how far from it they are, by track id. */
  errors: ReadonlyMap<number, TruthError> = new Map();
  score: ScoreSummary | null = null;
  report: CamerasMessage | null = null;
  /** The last reports, oldest first: a picture is overlaid with the one of its own time. */
  readonly reports: CamerasMessage[] = [];
  readonly voxels = new VoxelField();
  /** When the voxels last changed, on the page's clock. */
  voxelsAtMs = 0;
  readonly series = new Series();
  private readonly colours = new Map<number, number>();
  /** How often each kind of message changed something, for views to compare. */
  readonly changes = { hello: 0, tracks: 0, voxels: 0, cameras: 0 };

  /** Takes one message, told at `nowMs` on the page's clock. */
  take(message: StreamMessage, nowMs: number): void {
    if (message.type === "hello") this.takeHello(message);
    else if (message.type === "tracks") this.takeTracks(message);
    else if (message.type === "cameras") this.takeCameras(message);
    else {
      this.voxels.update(message, nowMs - this.voxelsAtMs);
      this.voxelsAtMs = nowMs;
    }
    this.changes[message.type]++;
  }

  /** Tracks the node tells of now, lowest id first. */
  liveTracks(): ShownTrack[] {
    return [...this.tracks.values()].filter((track) => track.endedS === null).sort((a, b) => a.now.id - b.now.id);
  }

  /** Report of all cameras closest to a time on the site's time line, or null before the first. */
  reportAt(timeS: number): CamerasMessage | null {
    let best: CamerasMessage | null = null;
    for (const report of this.reports) {
      if (!best || Math.abs(report.timeS - timeS) < Math.abs(best.timeS - timeS)) best = report;
    }
    return best;
  }

  /** Drops what was shown, for another time of the same site is shown next. Tracks keep their colours. */
  restart(fromS: number): void {
    this.forget();
    this.timeS = fromS;
    this.changes.tracks++;
    this.changes.voxels++;
  }

  private takeHello(message: HelloMessage): void {
    if (JSON.stringify(message.site) !== JSON.stringify(this.hello?.site)) {
      this.forget();
      this.colours.clear();
    }
    this.hello = message;
  }

  private takeTracks(message: TracksMessage): void {
    if (message.timeS < this.timeS) this.forget();
    this.timeS = message.timeS;
    const told = new Set<number>();
    for (const track of message.tracks) {
      told.add(track.id);
      this.takeTrack(track);
    }
    for (const [id, track] of this.tracks) {
      if (!told.has(id)) track.endedS ??= message.timeS;
      if (track.endedS !== null && message.timeS - track.endedS > AFTERGLOW_S) this.tracks.delete(id);
    }
    this.detections = message.detections.slice(0, DETECTIONS_MAX);
    this.takeTruth(message.truth ?? []);
    this.errors = matchTruth(message.tracks, this.truth);
    this.score = message.score ?? null;
    this.sample();
  }

  private takeTrack(now: TrackState): void {
    let track = this.tracks.get(now.id);
    if (!track) {
      if (this.tracks.size === TRACKS_MAX) return;
      track = { now, trail: new Trail(), colourIndex: null, endedS: null };
      this.tracks.set(now.id, track);
    }
    track.now = now;
    track.endedS = null;
    track.trail.push(this.timeS, now.positionM);
    if (track.colourIndex === null && now.state !== "tentative") track.colourIndex = this.colourFor(now.id);
  }

  /** The colour a track wore before, where another time was shown meanwhile, or a free one. */
  private colourFor(id: number): number {
    const colourIndex = this.colours.get(id) ?? freeColourIndex(this.wornColours());
    this.colours.set(id, colourIndex);
    const [oldest] = this.colours.keys();
    if (this.colours.size > COLOURS_MAX && oldest !== undefined) this.colours.delete(oldest);
    return colourIndex;
  }

  private takeTruth(truth: NonNullable<TracksMessage["truth"]>): void {
    this.truth = truth.slice(0, TRACKS_MAX);
    const names = new Set(this.truth.map(({ name }) => name));
    for (const name of this.truthTrails.keys()) if (!names.has(name)) this.truthTrails.delete(name);
    for (const { name, positionM } of this.truth) {
      const trail = this.truthTrails.get(name) ?? new Trail();
      this.truthTrails.set(name, trail);
      trail.push(this.timeS, positionM);
    }
  }

  private *wornColours(): Generator<number> {
    for (const track of this.tracks.values()) if (track.colourIndex !== null) yield track.colourIndex;
  }

  private takeCameras(message: CamerasMessage): void {
    this.report = message;
    this.reports.push(message);
    if (this.reports.length > REPORTS_MAX) this.reports.shift();
  }

  private sample(): void {
    let tentative = 0;
    let confirmed = 0;
    for (const { now, endedS } of this.tracks.values()) {
      if (endedS !== null) continue;
      if (now.state === "tentative") tentative++;
      else confirmed++;
    }
    const line = this.report?.line;
    this.series.push(this.timeS, {
      confirmed,
      tentative,
      ...(line && { p50: line.latencyMsP50, p99: line.latencyMsP99, frameSets: line.frameSetsPerS }),
      ...(this.hello?.hasTruth && { truth: this.truth.length }),
      ...(this.score && { gospa: this.score.gospaM, rmse: this.score.rmseM }),
    });
  }

  /** Drops all histories: time ran backwards, so this is a new run or a new loop of a recording. */
  private forget(): void {
    this.tracks.clear();
    this.detections = [];
    this.truth = [];
    this.truthTrails.clear();
    this.errors = new Map();
    this.score = null;
    this.report = null;
    this.reports.length = 0;
    this.voxels.clear();
    this.series.clear();
  }
}

/** Colour a track wears as `0xRRGGBB`: its own once confirmed, a quiet grey before. */
export function colourOf(track: ShownTrack): number {
  return track.colourIndex === null ? TENTATIVE : (TRACK_COLOURS[track.colourIndex] ?? TENTATIVE);
}

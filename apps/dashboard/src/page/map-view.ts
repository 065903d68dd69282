/**
 * The site from above on a 2D canvas, north up: what is shown where there is no WebGL2.
 *
 * Heights are in the labels and the table. It always shows the whole site; cameras cannot be looked through here.
 */
import { element } from "./element.ts";
import { ellipseFromAbove, ellipsoidOf, type Point } from "./geometry.ts";
import { colourOf, type ShownTrack } from "./live-state.ts";
import { ACCENT, cssColour, DIM, GRID, STATE_COLOURS, STEEL, TEXT } from "./palette.ts";
import { missedTruth, type Place, positionOfPlace } from "./place.ts";
import { fixed, speedMps } from "./readout.ts";
import { extentOf, multiples, niceStep, pictureCorners, scaleMarks, spanOf } from "./site-plan.ts";
import { isDash, TRAIL_S } from "./trail.ts";
import type { SceneView, ViewParts } from "./view.ts";

const FRAME_MS_MIN = 50;
const REACH_PX = 24;

/** Makes the map; `hint` is shown in a corner and says why it is a map. */
export function openMapView(parts: ViewParts, hint: string): SceneView {
  return new MapView(parts, hint);
}

class MapView implements SceneView {
  frameCount = 0;
  private readonly parts: ViewParts;
  private readonly canvas = element("canvas", { className: "scene-canvas" });
  private readonly hint: HTMLElement;
  private readonly context: CanvasRenderingContext2D | null;
  private readonly stop = new AbortController();
  private lastDrawMs = 0;
  private scale = 1;

  constructor(parts: ViewParts, hint: string) {
    this.parts = parts;
    this.context = this.canvas.getContext("2d");
    this.hint = element("p", { className: "map-hint", text: hint });
    this.canvas.setAttribute("aria-hidden", "true");
    parts.host.append(this.canvas, this.hint);
    this.canvas.addEventListener("click", (event) => this.pick(event), { signal: this.stop.signal });
  }

  frame(nowMs: number): void {
    if (nowMs - this.lastDrawMs < FRAME_MS_MIN) return;
    this.lastDrawMs = nowMs;
    this.frameCount++;
    const { clientWidth, clientHeight } = this.parts.host;
    this.scale = Math.min(2, devicePixelRatio);
    const width = Math.round(clientWidth * this.scale);
    const height = Math.round(clientHeight * this.scale);
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
    }
    if (this.context && this.parts.state.hello) this.draw(this.context);
  }

  /** The map always shows the whole site. */
  fit(): void {}

  [Symbol.dispose](): void {
    this.stop.abort();
    this.canvas.remove();
    this.hint.remove();
  }

  private draw(context: CanvasRenderingContext2D): void {
    const { state, choices } = this.parts;
    const site = state.hello?.site;
    if (!site) return;
    context.setTransform(this.scale, 0, 0, this.scale, 0, 0);
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    context.font = '11px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace';
    const { minM, maxM } = extentOf(site);
    const span = spanOf(site);
    for (const axis of [0, 1] as const) {
      const other = axis === 0 ? 1 : 0;
      for (const at of multiples(minM[axis] - span / 2, maxM[axis] + span / 2, niceStep(span, 11))) {
        const end = (along: number): Point => (axis === 0 ? [at, along, 0] : [along, at, 0]);
        this.line([end(minM[other] - span / 2), end(maxM[other] + span / 2)], cssColour(GRID, 0.28), 1);
      }
    }
    const { volume } = site;
    const [w, s] = volume.minM;
    const [e, n] = volume.maxM;
    this.line(
      [
        [w, s, 0],
        [e, s, 0],
        [e, n, 0],
        [w, n, 0],
        [w, s, 0],
      ],
      cssColour(TEXT, 0.5),
      1,
    );
    for (const mark of scaleMarks(site)) this.text(mark.atM, mark.text, cssColour(DIM));
    this.text([(w + e) / 2, n + 0.04 * span, 0], "N ↑", cssColour(ACCENT));
    for (const camera of site.cameras) {
      const [, , right, left] = pictureCorners(camera, 0.11 * span);
      this.line([left, camera.positionM, right], cssColour(STEEL), 1);
      this.text(camera.positionM, camera.id, cssColour(DIM));
    }
    for (const { positionM } of state.detections) this.ring(positionM, cssColour(ACCENT, 0.8), 2.5);
    for (const track of state.tracks.values()) this.track(track);
    if (choices.truth) this.truth();
    if (choices.place) this.ring(positionOfPlace(choices.place, state), cssColour(ACCENT), 14);
  }

  /** Where targets truly are and were: rings and dashed paths, and from each track a line to the truth it follows. */
  private truth(): void {
    const { truth, truthTrails, errors, tracks, timeS } = this.parts.state;
    for (const { positionM } of truth) this.ring(positionM, cssColour(TEXT, 0.6), 11);
    for (const trail of truthTrails.values()) {
      for (let i = 1; i < trail.count; i++) {
        const fresh = Math.max(0, 1 - (timeS - trail.timeS(i)) / TRAIL_S);
        if (isDash(trail.timeS(i))) this.line([trail.pointM(i - 1), trail.pointM(i)], cssColour(TEXT, 0.6 * fresh), 1);
      }
    }
    for (const [id, { positionM }] of errors) {
      const track = tracks.get(id);
      if (track) this.line([track.now.positionM, positionM], cssColour(TEXT, 0.9), 1);
    }
  }

  private track(track: ShownTrack): void {
    const { state, choices } = this.parts;
    const { now, trail } = track;
    const colour = colourOf(track);
    const strength = (now.state === "tentative" ? 0.55 : 1) * (track.endedS === null ? 1 : 0.35);
    for (let i = 1; choices.trails && i < trail.count; i++) {
      const fresh = Math.max(0, 1 - (state.timeS - trail.timeS(i)) / TRAIL_S);
      this.line([trail.pointM(i - 1), trail.pointM(i)], cssColour(colour, fresh * strength), 1.5);
    }
    if (track.endedS !== null) return;
    const [e, n, u] = now.positionM;
    this.line([now.positionM, [e + now.velocityMps[0], n + now.velocityMps[1], u]], cssColour(colour, strength), 1.5);
    if (choices.ellipsoids) this.ellipse(now);
    this.ring(now.positionM, cssColour(colour, strength), 4);
    if (choices.trackId === now.id) this.ring(now.positionM, cssColour(TEXT), 14);
    const error = choices.truth ? state.errors.get(now.id) : undefined;
    this.text(
      now.positionM,
      `${now.id}${error ? ` Δ${fixed(error.distanceM, 2)}` : ""}  ${fixed(speedMps(now), 1)} m/s  ${fixed(u, 0)} m`,
      cssColour(colour, strength),
    );
  }

  /** CSS pixels of a point: north up, the whole site with a margin. */
  private place(pointM: Point): readonly [number, number] {
    const site = this.parts.state.hello?.site;
    const { clientWidth, clientHeight } = this.parts.host;
    if (!site) return [0, 0];
    const { minM, maxM } = extentOf(site);
    const zoom = this.zoom();
    return [
      clientWidth / 2 + (pointM[0] - (minM[0] + maxM[0]) / 2) * zoom,
      clientHeight / 2 - (pointM[1] - (minM[1] + maxM[1]) / 2) * zoom,
    ];
  }

  /** CSS pixels of a metre. */
  private zoom(): number {
    const site = this.parts.state.hello?.site;
    if (!site) return 1;
    const { clientWidth, clientHeight } = this.parts.host;
    const { minM, maxM } = extentOf(site);
    return 0.82 * Math.min(clientWidth / (maxM[0] - minM[0]), clientHeight / (maxM[1] - minM[1]));
  }

  private line(points: readonly Point[], style: string, widthPx: number): void {
    if (!this.context) return;
    this.context.beginPath();
    for (const [i, point] of points.entries()) this.context[i === 0 ? "moveTo" : "lineTo"](...this.place(point));
    this.context.strokeStyle = style;
    this.context.lineWidth = widthPx;
    this.context.stroke();
  }

  private ring(pointM: Point, style: string, radiusPx: number): void {
    if (!this.context) return;
    this.context.beginPath();
    this.context.arc(...this.place(pointM), radiusPx, 0, 2 * Math.PI);
    this.context.strokeStyle = style;
    this.context.lineWidth = 1.5;
    this.context.stroke();
  }

  /** The track's 95 % ellipsoid seen from above, in true metres. */
  private ellipse({ positionM, covarianceM2, state }: ShownTrack["now"]): void {
    const axes = ellipsoidOf(covarianceM2);
    if (!this.context || !axes) return;
    const { longM, shortM, angleRad } = ellipseFromAbove(axes);
    const zoom = this.zoom();
    this.context.beginPath();
    // North is up on screen, where angles run clockwise.
    this.context.ellipse(...this.place(positionM), longM * zoom, shortM * zoom, -angleRad, 0, 2 * Math.PI);
    this.context.strokeStyle = cssColour(STATE_COLOURS[state], 0.9);
    this.context.lineWidth = 1;
    this.context.stroke();
  }

  private text(pointM: Point, text: string, style: string): void {
    if (!this.context) return;
    const [x, y] = this.place(pointM);
    this.context.fillStyle = style;
    this.context.fillText(text, x + 8, y - 6);
  }

  private pick(event: MouseEvent): void {
    const frame = this.canvas.getBoundingClientRect();
    let best: number | null = null;
    let bestPx = REACH_PX;
    for (const { now } of this.parts.state.liveTracks()) {
      const [x, y] = this.place(now.positionM);
      const distance = Math.hypot(x - event.clientX + frame.left, y - event.clientY + frame.top);
      if (distance >= bestPx) continue;
      best = now.id;
      bestPx = distance;
    }
    const missed = best === null ? this.missedAt(event.clientX - frame.left, event.clientY - frame.top) : null;
    if (missed) this.parts.actions.choosePlace(missed);
    else this.parts.actions.chooseTrack(best);
  }

  /** The true target without a track that is drawn at a point, if any. */
  private missedAt(x: number, y: number): Place | null {
    const { state, choices } = this.parts;
    const isNear = ({ positionM }: Place): boolean => {
      const [atX, atY] = this.place(positionM);
      return Math.hypot(atX - x, atY - y) < REACH_PX;
    };
    return (choices.truth ? missedTruth(state) : []).find(isNear) ?? null;
  }
}

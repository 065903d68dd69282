/**
 * The column of cameras: one tile each, its picture fetched only while it can be seen.
 *
 * A tile redraws when its picture or the tracks over it changed, at most fifteen times a second.
 */
import type { Actions, Choices } from "./choices.ts";
import { element, setAttribute, setText } from "./element.ts";
import type { SiteCamera } from "./geometry.ts";
import type { CameraReport, LiveState } from "./live-state.ts";
import { type Picture, PictureFeed } from "./picture-feed.ts";
import { fixed } from "./readout.ts";
import { drawTile } from "./tile-picture.ts";

const OVERLAY_MS = 66;
const WIDTH_PX = 480;
const WIDTH_LOOKED_THROUGH_PX = 960;

/** All tiles of the site. */
export class Tiles implements Disposable {
  private readonly host: HTMLElement;
  private readonly parts: { readonly state: LiveState; readonly choices: Choices; readonly actions: Actions };
  private readonly observer: IntersectionObserver;
  private tiles: Tile[] = [];
  private helloSeen = 0;

  /** Fills `host` with the cameras of the site once it is known. */
  constructor(host: HTMLElement, parts: Tiles["parts"]) {
    this.host = host;
    this.parts = parts;
    this.observer = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        const tile = this.tiles.find(({ root }) => root === entry.target);
        if (tile) tile.visible = entry.isIntersecting;
      }
    });
  }

  /** Newest picture of a camera by its place in the site's list, or null. */
  pictureOf(cameraIndex: number): Picture | null {
    return this.tiles[cameraIndex]?.feed.picture ?? null;
  }

  frame(nowMs: number): void {
    const { state, choices } = this.parts;
    if (this.helloSeen !== state.changes.hello) this.rebuild();
    for (const tile of this.tiles) tile.frame(nowMs, state, choices);
  }

  [Symbol.dispose](): void {
    this.observer.disconnect();
    this.clear();
  }

  private rebuild(): void {
    this.helloSeen = this.parts.state.changes.hello;
    const cameras = this.parts.state.hello?.site.cameras ?? [];
    // A reconnection to the same site keeps the tiles and their pictures.
    const same = cameras.length === this.tiles.length && cameras.every(({ id }, i) => this.tiles[i]?.camera.id === id);
    if (same && cameras.length > 0) {
      for (const [index, tile] of this.tiles.entries()) tile.camera = cameras[index] ?? tile.camera;
      return;
    }
    this.clear();
    this.tiles = cameras.map((camera, index) => new Tile(camera, index, this.parts.actions));
    this.host.replaceChildren(...this.tiles.map(({ root }) => root));
    for (const { root } of this.tiles) this.observer.observe(root);
  }

  private clear(): void {
    for (const tile of this.tiles) {
      this.observer.unobserve(tile.root);
      tile.feed[Symbol.dispose]();
      tile.root.remove();
    }
    this.tiles = [];
  }
}

class Tile {
  readonly root: HTMLElement;
  readonly feed: PictureFeed;
  camera: SiteCamera;
  visible = false;
  private readonly index: number;
  private readonly canvas = element("canvas", { className: "tile-picture" });
  private readonly look: HTMLButtonElement;
  private readonly badge = element("span", { className: "badge tile-state" });
  private readonly flooded = element("span", { className: "badge badge-warn", text: "flooded" });
  private readonly note = element("span", { className: "tile-note" });
  private readonly rates = element("span", { className: "tile-rates" });
  private readonly losses = element("span", { className: "tile-losses" });
  private drawnMs = 0;
  private drawn = "";

  constructor(camera: SiteCamera, index: number, actions: Actions) {
    this.camera = camera;
    this.index = index;
    this.feed = new PictureFeed(camera.id);
    const key = index < 9 ? element("kbd", { text: String(index + 1) }) : element("span");
    const name = element("b", { className: "tile-name", text: camera.id });
    this.look = element(
      "button",
      { className: "tile-look", label: `Look through camera ${camera.id}` },
      this.canvas,
      element("span", { className: "tile-top" }, name, this.badge, this.flooded, key),
      this.note,
    );
    this.look.type = "button";
    this.look.addEventListener("click", () => actions.chooseCamera(index));
    this.canvas.style.aspectRatio = `${camera.intrinsics.widthPx} / ${camera.intrinsics.heightPx}`;
    this.rates.title = "Camera frames a second = processed + skipped";
    this.root = element(
      "article",
      { className: "tile", label: `Camera ${camera.id}` },
      this.look,
      element("p", { className: "tile-foot" }, this.rates, this.losses),
    );
  }

  frame(nowMs: number, state: LiveState, choices: Choices): void {
    const lookedThrough = choices.cameraIndex === this.index;
    if ((this.visible || lookedThrough) && !choices.paused && !choices.recorded) {
      this.feed.poll(nowMs, lookedThrough ? WIDTH_LOOKED_THROUGH_PX : WIDTH_PX);
    }
    if (nowMs - this.drawnMs < OVERLAY_MS) return;
    this.drawnMs = nowMs;
    this.tell(state.report?.cameras.find(({ id }) => id === this.camera.id) ?? null, lookedThrough);
    if (choices.recorded) setText(this.note, "pictures are not kept");
    if (this.visible) this.draw(state, choices);
  }

  private tell(report: CameraReport | null, lookedThrough: boolean): void {
    setAttribute(this.look, "aria-pressed", String(lookedThrough));
    setAttribute(this.root, "data-state", report?.state ?? "unknown");
    setAttribute(this.root, "data-pictures", String(this.feed.count));
    setAttribute(this.badge, "data-state", report?.state ?? "unknown");
    setText(this.badge, report ? report.state : "waiting");
    if (report?.detail) this.badge.title = report.detail;
    this.flooded.hidden = report?.flooded !== true;
    setText(this.note, report?.state === "failed" ? (report.detail ?? "failed") : (this.feed.problem ?? ""));
    if (!report) return;
    const { cameraFps, processedFps, skippedFps, missingFrames, lateFrames } = report;
    setText(this.rates, `${fixed(cameraFps, 1)} = ${fixed(processedFps, 1)} + ${fixed(skippedFps, 1)} fps`);
    setText(this.losses, `${missingFrames} missing · ${lateFrames} late`);
    this.losses.classList.toggle("raised", missingFrames + lateFrames > 0);
  }

  private draw(state: LiveState, choices: Choices): void {
    const scale = Math.min(2, devicePixelRatio);
    const width = Math.round(this.canvas.clientWidth * scale);
    const height = Math.round(this.canvas.clientHeight * scale);
    if (width === 0) return;
    // A picture of now under the marks of then would tell a lie.
    const picture = choices.recorded ? null : this.feed.picture;
    // A picture of known time is overlaid with that time's tracks, so it changes only when the picture does.
    const basis = picture?.timeS != null ? this.feed.count : `${this.feed.count} ${state.changes.tracks}`;
    const drawn = `${choices.recorded} ${basis} ${width} ${height} ${choices.trackId} ${state.changes.hello}`;
    if (drawn === this.drawn) return;
    this.drawn = drawn;
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
    }
    const context = this.canvas.getContext("2d");
    if (!context) return;
    drawTile(context, state, { camera: this.camera, picture, chosenTrackId: choices.trackId });
  }
}

/**
 * The site in three dimensions, drawn with seven draw calls: furniture, voxels and their halo, lines, ellipsoids, signs.
 *
 * It draws only when something moved, at most 30 times a second unless a hand is on it, so that a page left open leaves the machine to
 * the node. East is x, north y, up z, in metres, as everywhere else.
 */
import { Scene, Vector2, WebGLRenderer } from "three";
import { element, emPx } from "../element.ts";
import { Labels } from "../labels.ts";
import { SITE_CAMERAS_MAX } from "../site-plan.ts";
import type { SceneView, ViewParts } from "../view.ts";
import { VoxelField } from "../voxel-field.ts";
import { Ellipsoids } from "./ellipsoids.ts";
import { FURNITURE_CAPACITY, furnish } from "./furniture.ts";
import { Governor } from "./governor.ts";
import { listLabels } from "./label-list.ts";
import { Markers } from "./markers.ts";
import type { Shared } from "./material.ts";
import { Picker, type Target } from "./picker.ts";
import { Rig } from "./rig.ts";
import { Segments } from "./segments.ts";
import { listTargets, placeOf } from "./target-list.ts";
import { drawMoving } from "./track-drawing.ts";
import { VoxelCloud } from "./voxel-cloud.ts";

const FRAME_MS_MIN = 30;

/** Makes the three-dimensional view. @throws where WebGL2 cannot be had. */
export function openSceneView(parts: ViewParts): SceneView {
  return new SceneView3d(parts);
}

class SceneView3d implements SceneView {
  frameCount = 0;
  private readonly parts: ViewParts;
  private readonly canvas = element("canvas", { className: "scene-canvas" });
  private readonly backdrop = element("canvas", { className: "backdrop" });
  private readonly renderer: WebGLRenderer;
  private readonly scene = new Scene();
  private readonly shared: Shared = { viewport: { value: new Vector2(1, 1) }, scale: { value: 1 } };
  private readonly furniture = new Segments(FURNITURE_CAPACITY + 24 * SITE_CAMERAS_MAX, this.shared);
  private readonly brushes = {
    segments: new Segments(18_000, this.shared),
    ellipsoids: new Ellipsoids(128, this.shared),
    markers: new Markers(2_048, this.shared),
  };
  private readonly voxels: VoxelCloud;
  private readonly labels: Labels;
  private readonly rig: Rig;
  private readonly picker: Picker;
  private readonly governor = new Governor(devicePixelRatio);
  private readonly observer: ResizeObserver;
  private readonly stop = new AbortController();
  private hovered: Target | null = null;
  private drawn = { hello: -1, tracks: -1, voxels: -1, choices: "" };
  private followedId: number | null = null;
  private dirty = true;
  private lastFrameMs = 0;
  private lastDrawMs = 0;
  private handMs = -1e9;

  constructor(parts: ViewParts) {
    this.parts = parts;
    const wanted = { alpha: true, antialias: false, depth: false, stencil: false } as const;
    const context = this.canvas.getContext("webgl2", wanted);
    if (!(context instanceof WebGL2RenderingContext)) throw new Error("This browser has no WebGL2");
    this.renderer = new WebGLRenderer({ canvas: this.canvas, context, ...wanted });
    this.renderer.setClearColor(0, 0);
    this.renderer.sortObjects = false;
    this.voxels = new VoxelCloud(parts.state.voxels, this.shared);
    const { segments, ellipsoids, markers } = this.brushes;
    this.scene.add(this.furniture.mesh, this.voxels.group, segments.mesh, ellipsoids.mesh, markers.mesh);
    this.scene.matrixWorldAutoUpdate = false;
    this.canvas.setAttribute("aria-hidden", "true");
    parts.host.append(this.backdrop, this.canvas);
    this.labels = new Labels(parts.host);
    this.rig = new Rig(this.canvas, matchMedia("(prefers-reduced-motion: reduce)").matches);
    this.picker = new Picker(this.canvas, {
      hovered: (target) => this.hover(target),
      picked: (target) => this.pick(target),
      dragged: () => parts.choices.cameraIndex !== null && parts.actions.chooseCamera(null),
    });
    for (const kind of ["pointerdown", "pointermove", "wheel"] as const) {
      this.canvas.addEventListener(
        kind,
        () => {
          this.handMs = performance.now();
        },
        { signal: this.stop.signal, passive: true },
      );
    }
    this.canvas.addEventListener("webglcontextlost", () => parts.failed("The graphics device was lost"), {
      signal: this.stop.signal,
    });
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(parts.host);
    this.resize();
  }

  frame(nowMs: number): void {
    const { state, choices } = this.parts;
    this.followNews(nowMs);
    const chosen = choices.follow && choices.trackId !== null ? state.tracks.get(choices.trackId) : undefined;
    if (chosen && this.followedId !== chosen.now.id) this.rig.approach(chosen.now.positionM);
    else if (chosen) this.rig.follow(chosen.now.positionM, nowMs - this.lastFrameMs);
    this.followedId = chosen?.now.id ?? null;
    this.lastFrameMs = nowMs;
    const moved = this.rig.frame(nowMs);
    const fading = choices.voxels && VoxelField.fadeAt(nowMs - state.voxelsAtMs) < 1 && state.voxels.count > 0;
    if (moved || fading) this.dirty = true;
    const inHand = nowMs - this.handMs < 300 || this.rig.isGliding(nowMs);
    if (!this.dirty || (!inHand && nowMs - this.lastDrawMs < FRAME_MS_MIN)) return;
    this.draw(nowMs);
  }

  fit(): void {
    const site = this.parts.state.hello?.site;
    if (site) this.rig.fit(site, { glide: true, keepDirection: true });
    this.dirty = true;
  }

  [Symbol.dispose](): void {
    this.stop.abort();
    this.observer.disconnect();
    this.picker[Symbol.dispose]();
    this.rig[Symbol.dispose]();
    this.labels[Symbol.dispose]();
    this.renderer.dispose();
    this.canvas.remove();
    this.backdrop.remove();
  }

  /** Takes over what is new in the state and in the choices since the last frame. */
  private followNews(nowMs: number): void {
    const { state, choices } = this.parts;
    const site = state.hello?.site;
    const chosen = JSON.stringify(choices);
    const newSite = this.drawn.hello !== state.changes.hello;
    const newChoices = this.drawn.choices !== chosen;
    if (site && (newSite || newChoices)) {
      const camera = choices.cameraIndex === null ? null : (site.cameras[choices.cameraIndex] ?? null);
      if (newSite) this.rig.fit(site, { glide: false, keepDirection: this.drawn.hello > 0 });
      this.rig.lookThrough(camera);
      if (choices.trackId !== null) this.rig.stopTurning();
      furnish(this.furniture, site, choices.cameraIndex);
    }
    if (newSite || newChoices || this.drawn.tracks !== state.changes.tracks) {
      drawMoving(this.brushes, state, choices);
      this.dirty = true;
    }
    const newVoxels = choices.voxels && this.drawn.voxels !== state.changes.voxels;
    if (site && newVoxels) this.voxels.upload(site.volume.minM);
    const voxels = newVoxels ? state.changes.voxels : this.drawn.voxels;
    this.drawn = { hello: state.changes.hello, tracks: state.changes.tracks, voxels, choices: chosen };
    this.voxels.show(VoxelField.fadeAt(nowMs - state.voxelsAtMs), {
      visible: choices.voxels,
      cubes: this.governor.quality.cubes,
      eyeM: this.rig.camera.position,
    });
  }

  private draw(nowMs: number): void {
    if (this.governor.count(nowMs - this.lastDrawMs)) this.resize();
    this.lastDrawMs = nowMs;
    this.dirty = false;
    this.frameCount++;
    this.drawBackdrop(nowMs);
    this.renderer.render(this.scene, this.rig.camera);
    const project = (pointM: ArrayLike<number>): readonly [number, number] | null => this.rig.project(pointM);
    const { state, choices } = this.parts;
    const labels = listLabels(state, choices, this.hovered?.kind === "track" ? this.hovered.id : null, project);
    this.labels.show(labels);
    this.picker.targets = listTargets(labels, state, choices, project);
  }

  /** Shows the picture of the camera looked through behind the scene, where its pixels belong. */
  private drawBackdrop(nowMs: number): void {
    const { cameraIndex } = this.parts.choices;
    const rect = this.rig.pictureRect(nowMs);
    const picture =
      cameraIndex === null || !rect || this.parts.choices.recorded ? null : this.parts.pictureOf(cameraIndex);
    this.backdrop.hidden = !picture;
    const context = picture && this.backdrop.getContext("2d");
    if (!picture || !rect || !context) return;
    const { style } = this.backdrop;
    style.left = `${rect.x}px`;
    style.top = `${rect.y}px`;
    style.width = `${rect.width}px`;
    style.height = `${rect.height}px`;
    context.drawImage(picture, 0, 0, this.backdrop.width, this.backdrop.height);
  }

  private resize(): void {
    const { clientWidth, clientHeight } = this.parts.host;
    const scale = Math.min(devicePixelRatio, this.governor.quality.scaleMax);
    this.renderer.setPixelRatio(scale);
    this.renderer.setSize(clientWidth, clientHeight);
    this.shared.viewport.value = new Vector2(clientWidth * scale, clientHeight * scale);
    this.shared.scale.value = (scale * emPx()) / 14;
    this.backdrop.width = 960;
    this.backdrop.height = 540;
    this.rig.resize(clientWidth, clientHeight);
    this.dirty = true;
  }

  private hover(target: Target | null): void {
    if (target?.id === this.hovered?.id && target?.kind === this.hovered?.kind) return;
    this.hovered = target;
    this.canvas.classList.toggle("pointing", target !== null);
    this.dirty = true;
  }

  private pick(target: Target | null): void {
    const { actions, state } = this.parts;
    if (target?.kind === "camera") actions.chooseCamera(target.id);
    else if (target?.kind === "track") actions.chooseTrack(target.id);
    else if (target) actions.choosePlace(placeOf(target, state));
    else actions.chooseTrack(null);
  }
}

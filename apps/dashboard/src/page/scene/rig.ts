/**
 * Where the viewer stands: around the site, beside a track, or at a camera of the site.
 *
 * `OrbitControls` moves one camera that is never drawn; the drawn one glides between it and the place of a site camera. The lens is kept
 * as the picture's four edges at distance 1 (`left, right, top, bottom`), for a site camera's principal point is not in the middle.
 */
import { MathUtils, Matrix4, PerspectiveCamera, Quaternion, Vector3 } from "three";
import { OrbitControls } from "three/examples/jsm/controls/OrbitControls.js";
import type { HelloMessage } from "../../messages.ts";
import type { Point, SiteCamera } from "../geometry.ts";
import { extentOf } from "../site-plan.ts";

type Edges = [left: number, right: number, top: number, bottom: number];

/** A picture's place in the view, CSS pixels. */
export interface PictureRect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const FIELD_OF_VIEW_DEGREES = 38;
const GLIDE_MS = 750;
const AUTO_TURN_SPEED = 0.28;
/** Distance to a followed track as a part of the distance that shows everything. */
const APPROACH = 0.3;

/** The viewer's place and lens. */
export class Rig implements Disposable {
  /** The camera to draw with. */
  readonly camera = new PerspectiveCamera();
  private readonly orbit = new PerspectiveCamera(FIELD_OF_VIEW_DEGREES, 1, 0.1, 10_000);
  private readonly controls: OrbitControls;
  private readonly calm: boolean;
  private look: SiteCamera | null = null;
  private widthPx = 1;
  private heightPx = 1;
  private readonly start = { position: new Vector3(), turn: new Quaternion(), edges: [0, 0, 0, 0] as Edges, ms: -1e9 };
  private edges: Edges = [-1, 1, 1, -1];
  private lastMs = 0;
  private fitDistance = 1;

  /** Listens on `element` until disposed; `calm` switches off gliding and turning. */
  constructor(element: HTMLElement, calm: boolean) {
    this.calm = calm;
    this.orbit.up.set(0, 0, 1);
    this.controls = new OrbitControls(this.orbit, element);
    this.controls.enableDamping = !calm;
    this.controls.dampingFactor = 0.09;
    this.controls.maxPolarAngle = Math.PI * 0.495;
    this.controls.autoRotate = !calm;
    this.controls.autoRotateSpeed = AUTO_TURN_SPEED;
    this.controls.addEventListener("start", () => this.stopTurning());
  }

  stopTurning(): void {
    this.controls.autoRotate = false;
  }

  resize(widthPx: number, heightPx: number): void {
    this.widthPx = Math.max(1, widthPx);
    this.heightPx = Math.max(1, heightPx);
  }

  /** Places the orbit so that the whole site is seen from the south-west, keeping the direction when `keepDirection`. */
  fit(site: HelloMessage["site"], options: { glide: boolean; keepDirection: boolean }): void {
    if (options.glide) this.beginGlide();
    const { minM, maxM } = extentOf(site);
    const centre = new Vector3((minM[0] + maxM[0]) / 2, (minM[1] + maxM[1]) / 2, (minM[2] + maxM[2]) * 0.38);
    const direction = options.keepDirection
      ? this.orbit.position.clone().sub(this.controls.target).normalize()
      : new Vector3(-0.46, -0.86, 0.44).normalize();
    const tangent = Math.tan(MathUtils.degToRad(FIELD_OF_VIEW_DEGREES / 2));
    const [low, high] = [site.volume.minM, site.volume.maxM];
    const corners = [0, 1, 2, 3, 4, 5, 6, 7].map(
      (i) => new Vector3(i & 1 ? high[0] : low[0], i & 2 ? high[1] : low[1], i & 4 ? high[2] : low[2]),
    );
    for (const camera of site.cameras) corners.push(new Vector3(...camera.positionM));
    const right = new Vector3(0, 0, 1).cross(direction).normalize();
    const up = direction.clone().cross(right);
    // Each corner asks for the distance at which it just touches the edge of the picture; the farthest wins.
    const distances = corners.map((corner) => {
      const offset = corner.sub(centre);
      const across = Math.abs(offset.dot(right)) / (tangent * (this.widthPx / this.heightPx));
      return offset.dot(direction) + Math.max(across, Math.abs(offset.dot(up)) / tangent);
    });
    const distance = Math.max(...distances) * 1.08;
    this.fitDistance = distance;
    this.controls.target.copy(centre);
    this.orbit.position.copy(centre).addScaledVector(direction, distance);
    this.controls.minDistance = distance * 0.01;
    this.controls.maxDistance = distance * 4;
  }

  /** Glides to the place of a site camera, or back to the orbit with null. */
  lookThrough(camera: SiteCamera | null): void {
    if (camera === this.look) return;
    this.stopTurning();
    this.beginGlide();
    this.look = camera;
    this.controls.enabled = camera === null;
  }

  /** Glides to a point and near enough to see it well, as following a track begins. */
  approach(pointM: Point): void {
    this.stopTurning();
    this.beginGlide();
    const direction = this.orbit.position.clone().sub(this.controls.target);
    const distance = Math.min(direction.length(), this.fitDistance * APPROACH);
    this.controls.target.set(...pointM);
    this.orbit.position.copy(this.controls.target).addScaledVector(direction.normalize(), distance);
  }

  /** Moves the orbit's centre part of the way to a point, so that a followed track stays in the middle. */
  follow(pointM: Point, elapsedMs: number): void {
    const step = new Vector3(...pointM).sub(this.controls.target).multiplyScalar(1 - Math.exp(-elapsedMs / 180));
    this.controls.target.add(step);
    this.orbit.position.add(step);
  }

  /** Advances to `nowMs`; true where the drawn camera moved. */
  frame(nowMs: number): boolean {
    const elapsedS = Math.min(0.1, (nowMs - this.lastMs) / 1000);
    this.lastMs = nowMs;
    const before = this.camera.matrixWorld.clone();
    const projectionBefore = this.camera.projectionMatrix.clone();
    if (this.look === null) this.controls.update(elapsedS);
    const goal = this.look === null ? this.orbitGoal() : this.lookGoal(this.look);
    const part = this.calm ? 1 : ease((nowMs - this.start.ms) / GLIDE_MS);
    this.camera.position.lerpVectors(this.start.position, goal.position, part);
    this.camera.quaternion.slerpQuaternions(this.start.turn, goal.turn, part);
    this.edges = goal.edges.map((edge, i) => MathUtils.lerp(this.start.edges[i] ?? edge, edge, part)) as Edges;
    this.camera.updateMatrixWorld();
    this.camera.matrixWorldInverse.copy(this.camera.matrixWorld).invert();
    this.writeProjection();
    return !before.equals(this.camera.matrixWorld) || !projectionBefore.equals(this.camera.projectionMatrix);
  }

  /** True while gliding or turning by itself or by hand. */
  isGliding(nowMs: number): boolean {
    return !this.calm && nowMs - this.start.ms < GLIDE_MS;
  }

  /** Projects a point to CSS pixels of the view, or null where it is behind the viewer. */
  project(pointM: ArrayLike<number>): readonly [number, number] | null {
    const point = new Vector3(pointM[0], pointM[1], pointM[2]).applyMatrix4(this.camera.matrixWorldInverse);
    if (point.z > -0.05) return null;
    point.applyMatrix4(this.camera.projectionMatrix);
    return [(point.x * 0.5 + 0.5) * this.widthPx, (0.5 - point.y * 0.5) * this.heightPx];
  }

  /** Where the picture of the camera looked through lies once the glide is over, or null in the free view. */
  pictureRect(nowMs: number): PictureRect | null {
    if (!this.look || this.isGliding(nowMs)) return null;
    const { widthPx, heightPx } = this.look.intrinsics;
    const zoom = this.pictureZoom(this.look);
    const width = widthPx * zoom;
    const height = heightPx * zoom;
    return { x: (this.widthPx - width) / 2, y: (this.heightPx - height) / 2, width, height };
  }

  [Symbol.dispose](): void {
    this.controls.dispose();
  }

  private beginGlide(): void {
    this.start.position.copy(this.camera.position);
    this.start.turn.copy(this.camera.quaternion);
    this.start.edges = [...this.edges];
    this.start.ms = this.lastMs;
  }

  private orbitGoal(): { position: Vector3; turn: Quaternion; edges: Edges } {
    const top = Math.tan(MathUtils.degToRad(FIELD_OF_VIEW_DEGREES / 2));
    const right = (top * this.widthPx) / this.heightPx;
    return { position: this.orbit.position, turn: this.orbit.quaternion, edges: [-right, right, top, -top] };
  }

  private lookGoal(camera: SiteCamera): { position: Vector3; turn: Quaternion; edges: Edges } {
    const [rx = 1, ry = 0, rz = 0, dx = 0, dy = 1, dz = 0, fx = 0, fy = 0, fz = 1] = camera.cameraFromEnu;
    // Rows of cameraFromEnu are the optical axes in ENU; three looks along -z with y up, so down and forward change sign.
    const basis = new Matrix4().makeBasis(
      new Vector3(rx, ry, rz),
      new Vector3(-dx, -dy, -dz),
      new Vector3(-fx, -fy, -fz),
    );
    const { widthPx, heightPx, fxPx, fyPx, cxPx, cyPx } = camera.intrinsics;
    const zoom = this.pictureZoom(camera);
    const middleU = (widthPx - 1) / 2 - cxPx;
    const middleV = (heightPx - 1) / 2 - cyPx;
    const halfU = this.widthPx / 2 / zoom;
    const halfV = this.heightPx / 2 / zoom;
    return {
      position: new Vector3(...camera.positionM),
      turn: new Quaternion().setFromRotationMatrix(basis),
      edges: [(middleU - halfU) / fxPx, (middleU + halfU) / fxPx, (halfV - middleV) / fyPx, (-halfV - middleV) / fyPx],
    };
  }

  private pictureZoom(camera: SiteCamera): number {
    return Math.min(this.widthPx / camera.intrinsics.widthPx, this.heightPx / camera.intrinsics.heightPx);
  }

  private writeProjection(): void {
    const [left, right, top, bottom] = this.edges;
    const { near, far } = this.orbit;
    this.camera.projectionMatrix.makePerspective(left * near, right * near, top * near, bottom * near, near, far);
    this.camera.projectionMatrixInverse.copy(this.camera.projectionMatrix).invert();
  }
}

function ease(part: number): number {
  const t = Math.min(1, Math.max(0, part));
  return t * t * (3 - 2 * t);
}

/**
 * Small signs of a fixed size on screen, all in one draw call: track dots, truth rings, detection ticks.
 *
 * Each is a point whose shape the fragment shader draws with a soft edge, so it is sharp at any resolution.
 */
import { BufferAttribute, BufferGeometry, DynamicDrawUsage, Points } from "three";
import { drawingMaterial, type Shared } from "./material.ts";
import { writeTint } from "./segments.ts";

/** Signs: a dot with a halo, a thin ring, a hollow dot, a tick (upright cross), brackets around a chosen track. */
export const SIGN = { dot: 0, ring: 1, hollow: 2, tick: 3, brackets: 4 } as const;
export type Sign = (typeof SIGN)[keyof typeof SIGN];

const VERTEX = `
in vec3 position;
in vec4 tint;
in vec2 look;
uniform float scale;
out vec4 vTint;
flat out float vSize;
flat out int vSign;
void main() {
  gl_Position = projectionMatrix * viewMatrix * vec4(position, 1.0);
  vSize = look.x * scale;
  vSign = int(look.y);
  vTint = tint;
  gl_PointSize = vSize;
}`;

const FRAGMENT = `
in vec4 vTint;
flat in float vSize;
flat in int vSign;
uniform float scale;
out vec4 colour;
void main() {
  vec2 p = (gl_PointCoord - 0.5) * vSize;
  float r = length(p);
  float half_ = 0.5 * vSize;
  float line = 0.65 * scale;
  float cover = 0.0;
  if (vSign == 0) {
    float core = clamp(half_ * 0.34 - r + 0.5, 0.0, 1.0);
    float halo = pow(max(0.0, 1.0 - r / half_), 2.0) * 0.38;
    colour = vec4(mix(vTint.rgb, vec3(vTint.a), 0.35 * core * clamp(1.0 - r / (half_ * 0.34), 0.0, 1.0)), vTint.a) * core
      + vec4(vTint.rgb, 0.0) * halo * (1.0 - core);
    return;
  }
  if (vSign == 1) cover = clamp(line - abs(r - (half_ - 1.5)) + 0.5, 0.0, 1.0);
  else if (vSign == 2) cover = clamp(line * 1.3 - abs(r - half_ * 0.6) + 0.5, 0.0, 1.0);
  else if (vSign == 3) {
    vec2 q = abs(p);
    cover = clamp(line - min(q.x, q.y) + 0.5, 0.0, 1.0) * clamp(half_ - max(q.x, q.y), 0.0, 1.0);
  } else {
    vec2 q = abs(p);
    float edge = max(q.x, q.y);
    float corner = step(half_ * 0.5, min(q.x, q.y));
    cover = clamp(line * 1.2 - abs(edge - (half_ - 2.0)) + 0.5, 0.0, 1.0) * corner;
  }
  colour = vTint * cover;
}`;

/** A batch of signs. */
export class Markers {
  readonly mesh: Points;
  private readonly positions: BufferAttribute;
  private readonly tints: BufferAttribute;
  private readonly looks: BufferAttribute;
  private readonly geometry = new BufferGeometry();
  private readonly capacity: number;
  private count = 0;

  /** Holds at most `capacity` signs; what is added beyond is not drawn. */
  constructor(capacity: number, shared: Shared) {
    this.capacity = capacity;
    this.positions = new BufferAttribute(new Float32Array(capacity * 3), 3).setUsage(DynamicDrawUsage);
    this.tints = new BufferAttribute(new Uint8Array(capacity * 4), 4, true).setUsage(DynamicDrawUsage);
    this.looks = new BufferAttribute(new Float32Array(capacity * 2), 2).setUsage(DynamicDrawUsage);
    this.geometry.setAttribute("position", this.positions);
    this.geometry.setAttribute("tint", this.tints);
    this.geometry.setAttribute("look", this.looks);
    this.mesh = new Points(this.geometry, drawingMaterial(VERTEX, FRAGMENT, shared));
    this.mesh.frustumCulled = false;
  }

  clear(): void {
    this.count = 0;
  }

  /** Adds a sign at a position in metres; size in CSS pixels. */
  add(position: ArrayLike<number>, sign: Sign, colour: number, alpha: number, sizePx: number): void {
    if (this.count === this.capacity) return;
    for (let i = 0; i < 3; i++) this.positions.array[this.count * 3 + i] = position[i] ?? 0;
    writeTint(this.tints.array, this.count * 4, colour, alpha);
    this.looks.array[this.count * 2] = sizePx;
    this.looks.array[this.count * 2 + 1] = sign;
    this.count++;
  }

  /** Hands what was added since `clear` to the graphics device. */
  upload(): void {
    this.geometry.setDrawRange(0, this.count);
    this.mesh.visible = this.count > 0;
    for (const attribute of [this.positions, this.tints, this.looks]) attribute.needsUpdate = true;
  }
}

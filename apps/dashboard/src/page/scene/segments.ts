/**
 * Many straight lines of any colour, width and fade in one draw call.
 *
 * WebGL draws lines one pixel wide and jagged, so each segment is a screen-space quad with a feathered edge. The four corners are written
 * out instead of instanced: software renderers pay for every instance as for a draw call. Colours are premultiplied.
 */
import { BufferAttribute, BufferGeometry, DynamicDrawUsage, Mesh } from "three";
import { drawingMaterial, type Shared } from "./material.ts";

const VERTEX = `
in vec3 here;
in vec3 there;
in vec4 tint;
in vec2 side;
uniform vec2 viewport;
uniform float scale;
out vec4 vTint;
out float vAcross;
out float vHalf;
const float NEAR = 0.05;
void main() {
  vTint = tint;
  vec3 a = (viewMatrix * vec4(here, 1.0)).xyz;
  vec3 b = (viewMatrix * vec4(there, 1.0)).xyz;
  if (a.z > -NEAR && b.z > -NEAR) { gl_Position = vec4(2.0, 2.0, 2.0, 1.0); return; }
  if (a.z > -NEAR) a = mix(a, b, (a.z + NEAR) / (a.z - b.z));
  if (b.z > -NEAR) b = mix(b, a, (b.z + NEAR) / (b.z - a.z));
  vec4 ca = projectionMatrix * vec4(a, 1.0);
  vec4 cb = projectionMatrix * vec4(b, 1.0);
  vec2 along = (cb.xy / cb.w - ca.xy / ca.w) * viewport;
  float length2 = dot(along, along);
  along = length2 > 1e-6 ? along * inversesqrt(length2) : vec2(1.0, 0.0);
  vHalf = 0.5 * abs(side.y) * scale;
  vAcross = side.x * (vHalf + 1.0);
  vec2 across = vec2(-along.y, along.x) * sign(side.y);
  gl_Position = ca + vec4(across * vAcross * 2.0 / viewport * ca.w, 0.0, 0.0);
}`;

const FRAGMENT = `
in vec4 vTint;
in float vAcross;
in float vHalf;
out vec4 colour;
void main() {
  float cover = clamp(max(vHalf, 0.5) + 0.5 - abs(vAcross), 0.0, 1.0) * min(1.0, vHalf * 2.0);
  colour = vTint * cover;
}`;

/** A batch of lines. */
export class Segments {
  readonly mesh: Mesh;
  private readonly geometry = new BufferGeometry();
  /** `[4 capacity, …]`: this corner's end, the other end, colour, and which side of the line it lies on with the line's width. */
  private readonly here: BufferAttribute;
  private readonly there: BufferAttribute;
  private readonly tints: BufferAttribute;
  private readonly sides: BufferAttribute;
  private readonly capacity: number;
  private count = 0;

  /** Holds at most `capacity` segments; what is added beyond is not drawn. */
  constructor(capacity: number, shared: Shared) {
    this.capacity = capacity;
    this.here = new BufferAttribute(new Float32Array(capacity * 12), 3);
    this.there = new BufferAttribute(new Float32Array(capacity * 12), 3);
    this.tints = new BufferAttribute(new Uint8Array(capacity * 16), 4, true);
    this.sides = new BufferAttribute(new Float32Array(capacity * 8), 2);
    for (const [name, attribute] of Object.entries({
      here: this.here,
      there: this.there,
      tint: this.tints,
      side: this.sides,
    })) {
      this.geometry.setAttribute(name, attribute.setUsage(DynamicDrawUsage));
    }
    const corners = new Uint32Array(capacity * 6);
    for (let i = 0; i < capacity; i++)
      corners.set([4 * i, 4 * i + 1, 4 * i + 2, 4 * i + 2, 4 * i + 1, 4 * i + 3], 6 * i);
    this.geometry.setIndex(new BufferAttribute(corners, 1));
    this.mesh = new Mesh(this.geometry, drawingMaterial(VERTEX, FRAGMENT, shared));
    this.mesh.frustumCulled = false;
  }

  clear(): void {
    this.count = 0;
  }

  /** Adds a segment from `a` to `b` (metres) in a colour whose opacity runs from `alphaA` to `alphaB`; width in CSS pixels. */
  add(
    a: ArrayLike<number>,
    b: ArrayLike<number>,
    colour: number,
    alphaA: number,
    alphaB: number,
    widthPx: number,
  ): void {
    if (this.count === this.capacity) return;
    for (let corner = 0; corner < 4; corner++) {
      const at = this.count * 4 + corner;
      const first = corner < 2;
      for (let i = 0; i < 3; i++) {
        this.here.array[at * 3 + i] = (first ? a[i] : b[i]) ?? 0;
        this.there.array[at * 3 + i] = (first ? b[i] : a[i]) ?? 0;
      }
      writeTint(this.tints.array, at * 4, colour, first ? alphaA : alphaB);
      this.sides.array[at * 2] = corner % 2 === 0 ? -1 : 1;
      // Seen from the far end left and right are swapped: the sign of the width says which end this is.
      this.sides.array[at * 2 + 1] = first ? widthPx : -widthPx;
    }
    this.count++;
  }

  /** Hands what was added since `clear` to the graphics device. */
  upload(): void {
    this.geometry.setDrawRange(0, this.count * 6);
    this.mesh.visible = this.count > 0;
    for (const attribute of [this.here, this.there, this.tints, this.sides]) {
      attribute.clearUpdateRanges();
      attribute.addUpdateRange(0, this.count * 4 * attribute.itemSize);
      attribute.needsUpdate = true;
    }
  }
}

/** Writes a premultiplied colour as four bytes. */
export function writeTint(bytes: { [index: number]: number }, at: number, colour: number, alpha: number): void {
  bytes[at] = Math.round(((colour >> 16) & 255) * alpha);
  bytes[at + 1] = Math.round(((colour >> 8) & 255) * alpha);
  bytes[at + 2] = Math.round((colour & 255) * alpha);
  bytes[at + 3] = Math.round(255 * alpha);
}

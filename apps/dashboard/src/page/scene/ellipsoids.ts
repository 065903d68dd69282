/**
 * Where each track lies with 95 % probability: true-scale ellipsoids with a bright rim, all in one draw call.
 *
 * Each is one instance of a unit sphere, stretched along three half axes; few enough that instances cost nothing.
 */
import { DynamicDrawUsage, InstancedBufferAttribute, InstancedBufferGeometry, Mesh, SphereGeometry } from "three";
import type { HalfAxes, Point } from "../geometry.ts";
import { drawingMaterial, type Shared } from "./material.ts";
import { writeTint } from "./segments.ts";

const VERTEX = `
in vec3 position;
in vec3 centre;
in vec3 axisA;
in vec3 axisB;
in vec3 axisC;
in vec4 tint;
out vec4 vTint;
out vec3 vNormal;
out vec3 vToEye;
vec3 inverted(vec3 axis) { return axis / max(dot(axis, axis), 1e-9); }
void main() {
  vec3 normal = inverted(axisA) * position.x + inverted(axisB) * position.y + inverted(axisC) * position.z;
  vec4 view = viewMatrix * vec4(centre + axisA * position.x + axisB * position.y + axisC * position.z, 1.0);
  vNormal = mat3(viewMatrix) * normal;
  vToEye = -view.xyz;
  vTint = tint;
  gl_Position = projectionMatrix * view;
}`;

const FRAGMENT = `
in vec4 vTint;
in vec3 vNormal;
in vec3 vToEye;
out vec4 colour;
void main() {
  float facing = abs(dot(normalize(vNormal), normalize(vToEye)));
  colour = vTint * (0.10 + 0.55 * pow(1.0 - facing, 2.0));
}`;

/** A batch of ellipsoids. */
export class Ellipsoids {
  readonly mesh: Mesh;
  private readonly geometry = new InstancedBufferGeometry();
  private readonly vectors: InstancedBufferAttribute[];
  private readonly tints: InstancedBufferAttribute;
  private readonly capacity: number;
  private count = 0;

  /** Holds at most `capacity` ellipsoids; what is added beyond is not drawn. */
  constructor(capacity: number, shared: Shared) {
    this.capacity = capacity;
    const sphere = new SphereGeometry(1, 20, 14);
    this.geometry.setAttribute("position", sphere.getAttribute("position"));
    this.geometry.setIndex(sphere.getIndex());
    this.vectors = ["centre", "axisA", "axisB", "axisC"].map((name) => {
      const attribute = new InstancedBufferAttribute(new Float32Array(capacity * 3), 3).setUsage(DynamicDrawUsage);
      this.geometry.setAttribute(name, attribute);
      return attribute;
    });
    this.tints = new InstancedBufferAttribute(new Uint8Array(capacity * 4), 4, true).setUsage(DynamicDrawUsage);
    this.geometry.setAttribute("tint", this.tints);
    this.mesh = new Mesh(this.geometry, drawingMaterial(VERTEX, FRAGMENT, shared));
    this.mesh.frustumCulled = false;
  }

  clear(): void {
    this.count = 0;
  }

  /** Adds an ellipsoid by its centre and half axes in metres. */
  add(centreM: Point, axesM: HalfAxes, colour: number, alpha: number): void {
    if (this.count === this.capacity) return;
    const rows = [centreM, ...axesM];
    for (const [i, attribute] of this.vectors.entries()) {
      for (let k = 0; k < 3; k++) attribute.array[this.count * 3 + k] = rows[i]?.[k] ?? 0;
    }
    writeTint(this.tints.array, this.count * 4, colour, alpha);
    this.count++;
  }

  /** Hands what was added since `clear` to the graphics device. */
  upload(): void {
    this.geometry.instanceCount = this.count;
    this.mesh.visible = this.count > 0;
    for (const attribute of [...this.vectors, this.tints]) attribute.needsUpdate = true;
  }
}

/**
 * The voxels as light: one small cube each, and a soft halo that keeps a distant voxel visible.
 *
 * Brightness runs from dark ember to pale amber with the evidence and only ever adds light. Both draw calls read the voxels from two
 * textures by `gl_VertexID`: no geometry is stored or instanced, which software renderers would pay for cube by cube, and only the three
 * faces of a cube that can be seen are drawn. The fade between two messages is one uniform (see `voxel-field.ts`).
 */
import {
  BufferGeometry,
  DataTexture,
  Group,
  Mesh,
  Points,
  RGBAFormat,
  RGBAIntegerFormat,
  UnsignedByteType,
  UnsignedShortType,
  Vector3,
} from "three";
import type { Point } from "../geometry.ts";
import { VOXEL_CAPACITY, type VoxelField } from "../voxel-field.ts";
import { drawingMaterial, type Shared } from "./material.ts";

const TEXTURE_WIDTH = 256;
const CUBE_VERTICES = 18;

const READ = `
precision highp usampler2D;
uniform usampler2D indices;
uniform sampler2D levels;
uniform vec3 lowest;
uniform vec3 eye;
uniform float voxelSize;
uniform float fade;
uniform vec2 viewport;
uniform float scale;
out vec3 vLight;
vec3 centreOf(ivec2 cell) { return lowest + (vec3(texelFetch(indices, cell, 0).xyz) + 0.5) * voxelSize; }
float shownOf(ivec2 cell) {
  vec2 level = texelFetch(levels, cell, 0).xy;
  return mix(level.x, level.y, fade);
}
float sizePxAt(float depth) { return voxelSize * projectionMatrix[1][1] * 0.5 * viewport.y / max(depth, 0.01); }
vec3 ember(float level) {
  vec3 low = mix(vec3(0.30, 0.07, 0.03), vec3(1.0, 0.48, 0.14), smoothstep(0.0, 0.6, level));
  return mix(low, vec3(1.0, 0.90, 0.72), smoothstep(0.55, 1.0, level));
}`;

const CUBE_VERTEX = `
${READ}
void main() {
  int voxel = gl_VertexID / ${CUBE_VERTICES};
  int corner = gl_VertexID % ${CUBE_VERTICES};
  ivec2 cell = ivec2(voxel % ${TEXTURE_WIDTH}, voxel / ${TEXTURE_WIDTH});
  float shown = shownOf(cell);
  if (shown < 0.004) { gl_Position = vec4(2.0, 2.0, 2.0, 1.0); return; }
  vec3 centre = centreOf(cell);
  vec3 towards = eye - centre;
  // Three faces of six vertices, on the side of each axis that looks at the viewer; (p, q) runs over the face's two triangles.
  int axis = corner / 6;
  int k = corner % 6;
  float p = k == 1 || k == 2 || k == 4 ? 1.0 : -1.0;
  float q = k == 2 || k == 4 || k == 5 ? 1.0 : -1.0;
  vec3 offset = axis == 0 ? vec3(sign(towards.x), p, q) : axis == 1 ? vec3(p, sign(towards.y), q) : vec3(p, q, sign(towards.z));
  float sizePx = sizePxAt(-(viewMatrix * vec4(centre, 1.0)).z);
  // A cube never shrinks below a pixel and a half, or it would flicker between pixels; its light shrinks instead.
  float grow = max(1.0, 1.5 / sizePx);
  gl_Position = projectionMatrix * viewMatrix * vec4(centre + offset * 0.43 * voxelSize * grow, 1.0);
  float facing = axis == 2 ? 1.0 : axis == 1 ? 0.72 : 0.52;
  vLight = ember(shown) * pow(shown, 1.6) * facing / (grow * grow) * mix(0.42, 0.2, smoothstep(2.0, 12.0, sizePx));
}`;

const CUBE_FRAGMENT = `
in vec3 vLight;
out vec4 colour;
void main() { colour = vec4(vLight, 0.0); }`;

const HALO_VERTEX = `
${READ}
void main() {
  ivec2 cell = ivec2(gl_VertexID % ${TEXTURE_WIDTH}, gl_VertexID / ${TEXTURE_WIDTH});
  float shown = shownOf(cell);
  gl_Position = projectionMatrix * viewMatrix * vec4(centreOf(cell), 1.0);
  gl_PointSize = clamp(sizePxAt(gl_Position.w) * 3.2, 5.0 * scale, 64.0 * scale);
  if (shown < 0.02) gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
  vLight = ember(shown) * pow(shown, 1.6);
}`;

const HALO_FRAGMENT = `
in vec3 vLight;
uniform float spark;
out vec4 colour;
void main() {
  vec2 p = gl_PointCoord * 2.0 - 1.0;
  float fall = max(0.0, 1.0 - dot(p, p));
  // Without cubes the halo itself gets a bright middle of about the voxel's size.
  float core = max(abs(p.x), abs(p.y)) < 0.3 ? 0.32 * spark : 0.0;
  colour = vec4(vLight * (0.085 * fall * fall + core), 0.0);
}`;

/** The two drawings of a voxel field. */
export class VoxelCloud {
  readonly group = new Group();
  private readonly cubes: Mesh;
  private readonly halo: Points;
  private readonly indices: DataTexture;
  private readonly levels: DataTexture;
  private readonly uniforms = {
    indices: { value: null as DataTexture | null },
    levels: { value: null as DataTexture | null },
    lowest: { value: new Vector3() },
    eye: { value: new Vector3() },
    voxelSize: { value: 1 },
    fade: { value: 1 },
    spark: { value: 0 },
  };
  private readonly field: VoxelField;

  /** Draws `field`, whose arrays it hands to the graphics device as they are. */
  constructor(field: VoxelField, shared: Shared) {
    this.field = field;
    const height = VOXEL_CAPACITY / TEXTURE_WIDTH;
    this.indices = new DataTexture(field.indices, TEXTURE_WIDTH, height, RGBAIntegerFormat, UnsignedShortType);
    this.indices.internalFormat = "RGBA16UI";
    this.levels = new DataTexture(field.levels, TEXTURE_WIDTH, height, RGBAFormat, UnsignedByteType);
    this.uniforms.indices.value = this.indices;
    this.uniforms.levels.value = this.levels;
    this.cubes = new Mesh(new BufferGeometry(), drawingMaterial(CUBE_VERTEX, CUBE_FRAGMENT, shared, this.uniforms));
    this.halo = new Points(new BufferGeometry(), drawingMaterial(HALO_VERTEX, HALO_FRAGMENT, shared, this.uniforms));
    for (const mesh of [this.cubes, this.halo]) mesh.frustumCulled = false;
    this.group.add(this.cubes, this.halo);
  }

  /** Hands changed voxels to the graphics device; `lowestM` is the volume's lower corner. */
  upload(lowestM: Point): void {
    const { count, voxelSizeM } = this.field;
    this.uniforms.lowest.value.set(...lowestM);
    this.uniforms.voxelSize.value = voxelSizeM;
    this.cubes.geometry.setDrawRange(0, count * CUBE_VERTICES);
    this.halo.geometry.setDrawRange(0, count);
    this.indices.needsUpdate = true;
    this.levels.needsUpdate = true;
  }

  /** Sets how far the fade is, 0 … 1, whether to draw at all and whether with cubes; `eyeM` is where the viewer stands. */
  show(fade: number, options: { visible: boolean; cubes: boolean; eyeM: Vector3 }): void {
    this.uniforms.fade.value = fade;
    this.uniforms.spark.value = options.cubes ? 0 : 1;
    this.uniforms.eye.value.copy(options.eyeM);
    this.group.visible = options.visible && this.field.count > 0;
    this.cubes.visible = options.cubes;
  }
}

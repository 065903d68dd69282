import {
  AddEquation,
  CustomBlending,
  DoubleSide,
  GLSL3,
  type IUniform,
  OneFactor,
  OneMinusSrcAlphaFactor,
  RawShaderMaterial,
} from "three";

/** Uniforms that every drawing of the scene reads, changed in one place when the view is resized. */
export interface Shared {
  /** Size of the drawing buffer in its own pixels. */
  readonly viewport: IUniform<{ x: number; y: number }>;
  /** Drawing-buffer pixels of a pixel as sizes are given: a CSS pixel, larger on a large screen as its text is. */
  readonly scale: IUniform<number>;
}

/**
 * Makes the material all drawings of the scene use: premultiplied colour over what lies behind, no depth.
 *
 * Nothing in the scene is opaque, so depth would only cut holes into glow; without it the order of the meshes is the order of drawing.
 * `vertex` and `fragment` are GLSL ES 3.00 without header.
 */
export function drawingMaterial(
  vertex: string,
  fragment: string,
  shared: Shared,
  uniforms: Record<string, IUniform> = {},
): RawShaderMaterial {
  return new RawShaderMaterial({
    glslVersion: GLSL3,
    vertexShader: `precision highp float;\nuniform mat4 viewMatrix;\nuniform mat4 projectionMatrix;\n${vertex}`,
    fragmentShader: `precision highp float;\n${fragment}`,
    uniforms: { viewport: shared.viewport, scale: shared.scale, ...uniforms },
    transparent: true,
    side: DoubleSide,
    depthTest: false,
    depthWrite: false,
    blending: CustomBlending,
    blendEquation: AddEquation,
    blendSrc: OneFactor,
    blendDst: OneMinusSrcAlphaFactor,
  });
}

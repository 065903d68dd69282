/**
 * The simulated world: cameras, targets with known truth, and the pixels the cameras would see. No I/O.
 *
 * @example
 * ```ts
 * import { createRenderer, pairScene, truthAt } from "@skyvox/scene";
 * const scene = pairScene(7);
 * const camera = scene.cameras[0]!;
 * const pixels = new Uint8Array(camera.intrinsics.widthPx * camera.intrinsics.heightPx);
 * createRenderer(scene, camera).render(1.5, 45, pixels); // what camera "a" sees 1.5 s in
 * truthAt(scene, 1.5); // where its two targets are
 * ```
 * @module
 */
export * from "./path.ts";
export { pixelPreset, pixelPresetNames, type RangeSceneOptions, rangeScene } from "./pixel-presets.ts";
export { createPixelRenderer, type PixelRenderer, type Sighting } from "./pixel-renderer.ts";
export { frameTimeS, type PixelCamera, type PixelScene } from "./pixel-scene.ts";
export * from "./presets.ts";
export * from "./render.ts";
export * from "./scene.ts";
export * from "./track-scenes.ts";

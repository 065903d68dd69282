/**
 * Cameras of a site: the site file, the sources that give frames, the frame sets made of them, and calibrations to import.
 *
 * @example
 * ```ts
 * import { openSource, parseSite } from "@skyvox/cameras";
 * const site = parseSite(JSON.parse(text), "site.json");
 * await using source = await openSource(site.cameras[0]!, { siteDirectory: "." });
 * for (let frame = await source.next(); frame !== null; frame = await source.next()) {
 *   console.log(frame.captureNs, frame.pixels.length); // pixels are valid until the next call
 * }
 * ```
 * @module
 */
export { listFiles } from "./file-list.ts";
export { exchangeLayout, exchangePart } from "./frame-exchange.ts";
export { type FrameProfile, type FrameProfileName, frameProfileNames, frameProfiles } from "./frame-profile.ts";
export type { FrameSetItem } from "./frame-set-camera.ts";
export * from "./frame-sets.ts";
export * from "./image-file.ts";
export { type Drone6Import, importDrone6 } from "./import-drone6.ts";
export * from "./import-metadata.ts";
export * from "./import-opencv.ts";
export * from "./import-qualisys.ts";
export type { ImportFeed, ImportOptions } from "./imported-site.ts";
export { type Labels, readLabels } from "./labels-file.ts";
export * from "./match-videos.ts";
export * from "./open-source.ts";
export { sceneOfSource } from "./scene-address.ts";
export * from "./site.ts";
export * from "./site-camera.ts";
export * from "./site-from-pixel-scene.ts";
export * from "./site-from-scene.ts";
export * from "./site-problems.ts";
export * from "./source.ts";
export { SourceServer } from "./source-server.ts";
export { openSharedSource } from "./source-shared.ts";
export * from "./video-probe.ts";

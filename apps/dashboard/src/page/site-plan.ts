/**
 * What stands still in a site, as numbers that both the scene and the map draw.
 *
 * Extent, steps of the grid, scale marks and the picture frames of cameras; metres in the site's east-north-up frame.
 */
import type { HelloMessage } from "../messages.ts";
import { type Point, pixelAtDepth, type SiteCamera } from "./geometry.ts";

type Site = HelloMessage["site"];

/** Cameras of a site that are drawn at most. */
export const SITE_CAMERAS_MAX = 256;

/** Ground height the grid lies at: the site's origin. */
export const GROUND_M = 0;

/** Smallest box around the volume and all cameras, metres. */
export function extentOf(site: Site): { readonly minM: Point; readonly maxM: Point } {
  const points = [site.volume.minM, site.volume.maxM, ...site.cameras.map((camera) => camera.positionM)];
  const fold = (pick: (...values: number[]) => number): Point => [
    pick(...points.map((p) => p[0])),
    pick(...points.map((p) => p[1])),
    pick(...points.map((p) => p[2])),
  ];
  return { minM: fold(Math.min), maxM: fold(Math.max) };
}

/** Longest horizontal side of the extent in metres. */
export function spanOf(site: Site): number {
  const { minM, maxM } = extentOf(site);
  return Math.max(maxM[0] - minM[0], maxM[1] - minM[1], 1);
}

/** Returns the largest of 1, 2, 5 times a power of ten that divides a span into at least `cells` parts. */
export function niceStep(span: number, cells: number): number {
  const raw = span / cells;
  const decade = 10 ** Math.floor(Math.log10(raw));
  return ([5, 2, 1].find((factor) => factor * decade <= raw) ?? 1) * decade;
}

/** Multiples of a step within `[from, to]`. */
export function multiples(from: number, to: number, step: number): number[] {
  const first = Math.ceil(from / step - 1e-9);
  const last = Math.floor(to / step + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => (first + i) * step);
}

/** Metre marks along the south and west edge of the volume, for labels. */
export function scaleMarks(site: Site): { readonly atM: Point; readonly text: string }[] {
  const { minM, maxM } = site.volume;
  const step = niceStep(Math.max(maxM[0] - minM[0], maxM[1] - minM[1]), 3.9);
  const offset = 0.035 * spanOf(site);
  return [
    ...multiples(minM[0], maxM[0], step).map((e) => ({ atM: [e, minM[1] - offset, GROUND_M] as const, text: `${e}` })),
    ...multiples(minM[1], maxM[1], step).map((n) => ({ atM: [minM[0] - offset, n, GROUND_M] as const, text: `${n}` })),
  ];
}

/** Corners of a camera's picture at a depth in metres: top left, top right, bottom right, bottom left. */
export function pictureCorners(camera: SiteCamera, depthM: number): readonly [Point, Point, Point, Point] {
  const right = camera.intrinsics.widthPx - 0.5;
  const bottom = camera.intrinsics.heightPx - 0.5;
  return [
    pixelAtDepth(camera, -0.5, -0.5, depthM),
    pixelAtDepth(camera, right, -0.5, depthM),
    pixelAtDepth(camera, right, bottom, depthM),
    pixelAtDepth(camera, -0.5, bottom, depthM),
  ];
}

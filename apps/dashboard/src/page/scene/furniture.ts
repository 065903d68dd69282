/**
 * What stands still in the scene: ground grid, north arrow, volume and cameras, as one batch of lines.
 *
 * It is drawn anew when the site or the camera looked through changes, never per frame.
 */
import type { HelloMessage } from "../../messages.ts";
import type { Point } from "../geometry.ts";
import { ACCENT, GRID, STEEL, TEXT } from "../palette.ts";
import { extentOf, GROUND_M, multiples, niceStep, pictureCorners, spanOf } from "../site-plan.ts";
import type { Segments } from "./segments.ts";

type Site = HelloMessage["site"];

/** Lines the furniture of a site needs at most. */
export const FURNITURE_CAPACITY = 6_000;

/** Draws what stands still: ground grid, north arrow, volume and cameras; the camera looked through is left out. */
export function furnish(segments: Segments, site: Site, cameraIndex: number | null): void {
  segments.clear();
  drawGrid(segments, site);
  drawNorth(segments, site);
  drawVolume(segments, site);
  for (const [index, camera] of site.cameras.entries()) {
    if (index !== cameraIndex) drawCamera(segments, pictureCorners(camera, 0.11 * spanOf(site)), camera.positionM);
  }
  segments.upload();
}

/** Foot and tip of the north arrow, metres. */
export function northArrow(site: Site): readonly [Point, Point] {
  const { maxM } = site.volume;
  const size = spanOf(site);
  const e = maxM[0] + 0.06 * size;
  return [
    [e, maxM[1] - 0.1 * size, GROUND_M],
    [e, maxM[1], GROUND_M],
  ];
}

function drawGrid(segments: Segments, site: Site): void {
  const { minM, maxM } = extentOf(site);
  const span = spanOf(site);
  const step = niceStep(span, 11);
  const centre = [(minM[0] + maxM[0]) / 2, (minM[1] + maxM[1]) / 2] as const;
  const reach = 1.25 * span;
  // Lines are cut so that each piece can fade with its distance from the middle: the grid has no hard edge.
  const cuts = Array.from({ length: 25 }, (_, i) => -reach + (2 * reach * i) / 24);
  const fade = (e: number, n: number): number =>
    Math.max(0, 1 - Math.hypot(e - centre[0], n - centre[1]) / reach) ** 1.4;
  for (const axis of [0, 1] as const) {
    const across = 1 - axis;
    for (const line of multiples(centre[across]! - reach, centre[across]! + reach, step)) {
      const major = Math.abs(line / (5 * step) - Math.round(line / (5 * step))) < 1e-6;
      for (let i = 0; i + 1 < cuts.length; i++) {
        const at = (cut: number): Point =>
          axis === 0 ? [centre[0] + cut, line, GROUND_M] : [line, centre[1] + cut, GROUND_M];
        const a = at(cuts[i] ?? 0);
        const b = at(cuts[i + 1] ?? 0);
        const strength = major ? 0.8 : 0.4;
        segments.add(a, b, GRID, strength * fade(a[0], a[1]), strength * fade(b[0], b[1]), 1);
      }
    }
  }
}

function drawNorth(segments: Segments, site: Site): void {
  const [foot, tip] = northArrow(site);
  const size = 0.022 * spanOf(site);
  segments.add(foot, tip, ACCENT, 0.25, 0.9, 1.4);
  for (const side of [-1, 1]) {
    segments.add(tip, [tip[0] + side * size * 0.5, tip[1] - size, tip[2]], ACCENT, 0.9, 0.9, 1.4);
  }
}

/** Thin edges with bright corners, so that the box reads as a frame and not as a cage. */
function drawVolume(segments: Segments, site: Site): void {
  const { minM, maxM } = site.volume;
  for (let corner = 0; corner < 8; corner++) {
    const bits = [corner & 1, (corner >> 1) & 1, (corner >> 2) & 1] as const;
    const from: Point = [
      pick(bits[0], minM[0], maxM[0]),
      pick(bits[1], minM[1], maxM[1]),
      pick(bits[2], minM[2], maxM[2]),
    ];
    for (const axis of [0, 1, 2] as const) {
      const towards = bits[axis] === 0 ? maxM[axis] : minM[axis];
      const along = (part: number): Point => {
        const point: [number, number, number] = [...from];
        point[axis] += (towards - point[axis]) * part;
        return point;
      };
      segments.add(from, along(0.09), TEXT, 0.75, 0.4, 1.3);
      if (bits[axis] === 0) segments.add(along(0.09), along(0.91), STEEL, 0.24, 0.24, 1);
    }
  }
}

function pick(bit: number, low: number, high: number): number {
  return bit === 0 ? low : high;
}

function drawCamera(segments: Segments, corners: readonly Point[], eyeM: Point): void {
  for (const [i, corner] of corners.entries()) {
    const next = corners[(i + 1) % corners.length] ?? corner;
    segments.add(eyeM, corner, STEEL, 0.95, 0.55, 1);
    segments.add(corner, next, STEEL, 0.75, 0.75, i === 0 ? 2.2 : 1);
    // Onward from the picture's corner a fainter line shows where the camera goes on looking.
    const beyond: Point = [
      eyeM[0] + (corner[0] - eyeM[0]) * 4,
      eyeM[1] + (corner[1] - eyeM[1]) * 4,
      eyeM[2] + (corner[2] - eyeM[2]) * 4,
    ];
    segments.add(corner, beyond, STEEL, 0.2, 0, 1);
  }
  segments.add(eyeM, [eyeM[0], eyeM[1], GROUND_M], STEEL, 0.55, 0.15, 1);
}

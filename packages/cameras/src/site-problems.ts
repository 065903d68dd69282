import { isInFrame, project, type Vec3 } from "@skyvox/core";
import { camerasWithRays, type Site, type SiteCamera } from "./site.ts";
import { cameraIntrinsics, cameraPose } from "./site-camera.ts";

/** Points per axis of the lattice that samples the volume: 9³ points tell whether cameras overlap, not where exactly. */
const LATTICE_POINTS = 9;

/**
 * Lists why a site cannot give tracks, one line each: too few cameras, a camera that does not see the volume, no place that enough
 * cameras see. An empty list means the site can be run.
 */
export function siteProblems(site: Site): string[] {
  const problems: string[] = [];
  const cameras = camerasWithRays(site);
  if (cameras.length < 2) {
    const pair = site.cameras.length > cameras.length ? " (a pair with a thermal one counts as one)" : "";
    problems.push(`${cameras.length} camera${pair}, need at least 2 to find a place in space`);
  }
  const points = latticeOf(site.volume.minM, site.volume.maxM);
  const viewCounts = new Uint8Array(points.length);
  for (const camera of cameras) {
    const seen = points.map((point) => sees(camera, point));
    if (!seen.includes(true)) problems.push(`camera "${camera.id}" sees no part of the volume, need it in view`);
    for (const [index, isSeen] of seen.entries()) viewCounts[index] = (viewCounts[index] ?? 0) + (isSeen ? 1 : 0);
  }
  const { viewsMin } = site.options;
  const viewsMost = Math.max(...viewCounts);
  if (cameras.length >= 2 && viewsMost < viewsMin) {
    problems.push(`no place in the volume is seen by ${viewsMin} cameras (options.viewsMin), the most is ${viewsMost}`);
  }
  return problems;
}

/** True where the point projects into the camera's image. */
export function sees(camera: SiteCamera, pointEnuM: Vec3): boolean {
  const intrinsics = cameraIntrinsics(camera);
  const pixel = project(intrinsics, cameraPose(camera), pointEnuM);
  return pixel !== null && isInFrame(intrinsics, pixel);
}

function latticeOf(minM: Vec3, maxM: Vec3): Vec3[] {
  const at = (axis: 0 | 1 | 2, step: number): number =>
    minM[axis] + ((maxM[axis] - minM[axis]) * step) / (LATTICE_POINTS - 1);
  const points: Vec3[] = [];
  for (let x = 0; x < LATTICE_POINTS; x++) {
    for (let y = 0; y < LATTICE_POINTS; y++) {
      for (let z = 0; z < LATTICE_POINTS; z++) points.push([at(0, x), at(1, y), at(2, z)]);
    }
  }
  return points;
}

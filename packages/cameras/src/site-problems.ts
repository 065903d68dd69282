import { add, isInFrame, project, scale, type Vec3 } from "@skyvox/core";
import { type Box, chordsOf, directionsOf, meetingPoints, type View } from "./meeting-points.ts";
import { camerasWithRays, type Site, type SiteCamera } from "./site.ts";
import { cameraIntrinsics, cameraPose } from "./site-camera.ts";

/** Points per axis of the lattice that samples the volume; what lies between them is found along the cameras' rays. */
const LATTICE_POINTS = 9;
/** Pixels per axis by which the pictures of a pair are compared. */
const PAIR_PIXELS = 5;

/**
 * Lists why a site cannot give tracks, one line each: too few cameras, a camera that does not see the volume, a thermal camera that looks
 * elsewhere than the one it stands beside, no place that enough cameras see. An empty list means the site can be run.
 */
export function siteProblems(site: Site): string[] {
  const problems: string[] = [];
  const cameras = camerasWithRays(site);
  if (cameras.length < 2) {
    const pair = site.cameras.length > cameras.length ? " (a pair with a thermal one counts as one)" : "";
    problems.push(`${cameras.length} camera${pair}, need at least 2 to find a place in space`);
  }
  const views = cameras.map(viewOf);
  const chords = views.map((view) => chordsOf(view, site.volume));
  const lattice = latticeOf(site.volume);
  for (const [index, view] of views.entries()) {
    if (chords[index]?.length === 0 && !lattice.some((point) => isSeenBy(view, point))) {
      problems.push(`camera "${cameras[index]?.id}" sees no part of the volume, need it in view`);
    }
  }
  problems.push(...pairProblems(site));
  const { viewsMin } = site.options;
  if (cameras.length < 2) return problems;
  const viewsInLattice = viewsMost(views, lattice, viewsMin);
  const most = viewsInLattice >= viewsMin ? viewsInLattice : viewsMost(views, meetingPoints(chords), viewsMin);
  if (most < viewsMin) {
    const found = Math.max(most, viewsInLattice);
    problems.push(`no place in the volume is seen by ${viewsMin} cameras (options.viewsMin), the most is ${found}`);
  }
  return problems;
}

/** A pair works where its pictures share something at the distance of the targets. */
function pairProblems(site: Site): string[] {
  return site.cameras.flatMap(({ id, thermal }, index) => {
    const [camera, partner] = [site.cameras[index], site.cameras.find((other) => other.id === thermal?.camera)];
    if (thermal === undefined || camera === undefined || partner === undefined) return [];
    const [view, other] = [viewOf(camera), viewOf(partner)];
    const isShared = (from: View, to: View) => pointsAt(from, thermal.rangeM).some((point) => isSeenBy(to, point));
    if (isShared(view, other) || isShared(other, view)) return [];
    const found = `the pictures of "${id}" and its thermal camera "${partner.id}" share nothing`;
    return [
      `${found} at ${thermal.rangeM} m (cameras[${index}].thermal.rangeM), need them side by side and aimed alike`,
    ];
  });
}

/** What the pixels of a view see that far away. */
function pointsAt(view: View, rangeM: number): Vec3[] {
  return directionsOf(view, PAIR_PIXELS).map((direction) => add(view.pose.cameraInEnuM, scale(direction, rangeM)));
}

function viewOf(camera: SiteCamera): View {
  return { intrinsics: cameraIntrinsics(camera), pose: cameraPose(camera) };
}

/** True where the point projects into the view's image. */
function isSeenBy({ intrinsics, pose }: View, pointEnuM: Vec3): boolean {
  const pixel = project(intrinsics, pose, pointEnuM);
  return pixel !== null && isInFrame(intrinsics, pixel);
}

/** The greatest number of views that see one of the points, as far as `enough` of them: the search ends there. */
function viewsMost(views: readonly View[], points: Iterable<Vec3>, enough: number): number {
  let most = 0;
  for (const point of points) {
    most = Math.max(most, views.filter((view) => isSeenBy(view, point)).length);
    if (most >= enough) break;
  }
  return most;
}

function latticeOf({ minM, maxM }: Box): Vec3[] {
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

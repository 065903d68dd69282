/**
 * What becomes of each thing that moves in one camera's picture: the track it belongs to, or why it belongs to none.
 *
 * For motion without a track the ray through its middle is walked through the volume in steps of a target's size; at each step the other
 * cameras are asked whether something moves there too. The place where most do is the best there is for it.
 */
import { add, project, scale, secondsFromNs, unproject, type Vec3 } from "@skyvox/core";
import type { CameraExplanation } from "@skyvox/dashboard";
import type { Evidence, Looker } from "./evidence.ts";
import { explainPlace } from "./explain-place.ts";
import { lookAtPlace, pixelsPerMetre, placeThen } from "./look.ts";

type Box = readonly [number, number, number, number];
type Thing = CameraExplanation["things"][number];

/** Moving things explained at most, and steps along a ray: together less than a hundredth of a second. */
const THINGS_MAX = 16;
const STEPS_MAX = 256;
/** Pixels that a track may lie beside a moving box and still be what moves there. */
const BESIDE_PX = 6;

/** Explains each moving thing of a camera; null where the site has no such camera. */
export function explainCamera(evidence: Evidence, id: string): CameraExplanation | null {
  const looker = evidence.lookers.find((candidate) => candidate.id === id);
  if (looker === undefined) return null;
  const report = evidence.reports.find((candidate) => candidate.id === id);
  const boxes = (report?.blobs ?? []).toSorted((a, b) => areaPx(b) - areaPx(a));
  const view = { looker, seenS: report?.seenS ?? null };
  const things = boxes.slice(0, THINGS_MAX).map((box) => thingIn(evidence, view, box));
  const without = things.filter(({ trackId }) => trackId === null).length;
  const running = report?.state === "running";
  return {
    id,
    timeS: secondsFromNs(evidence.timeNs),
    summary: running
      ? `${boxes.length} things move in its picture, ${without} of the ${things.length} largest without a track`
      : (report?.detail ?? report?.state ?? "no frame yet"),
    camerasNeeded: evidence.site.options.viewsMin,
    thingsMoving: boxes.length,
    things,
  };
}

/** A camera and the site time at which it looked, seconds. */
interface View {
  readonly looker: Looker;
  readonly seenS: number | null;
}

function thingIn(evidence: Evidence, { looker, seenS }: View, box: Box): Thing {
  const track = evidence.updates.find((update) => {
    if (update.state === "deleted") return false;
    const place = { pointM: update.positionEnuM, velocityMps: update.velocityEnuMps };
    const pointM = placeThen(evidence, place, seenS);
    const pixel = project(looker.intrinsics, looker.pose, pointM);
    const marginPx = BESIDE_PX + evidence.site.options.target.sizeM * 0.5 * pixelsPerMetre(looker, pointM);
    return pixel !== null && outsidePx(box, pixel) <= marginPx;
  });
  if (track !== undefined) {
    const isConfirmed = track.state !== "tentative";
    const why = isConfirmed ? `track ${track.id}` : `track ${track.id}, not confirmed yet`;
    return { box, trackId: track.id, camerasAgreeing: null, positionM: null, why };
  }
  const best = bestAlongRay(evidence, looker, box);
  if (best === null)
    return { box, trackId: null, camerasAgreeing: 1, positionM: null, why: "its ray misses the volume" };
  const { positionM, agreeing } = best;
  const needed = evidence.site.options.viewsMin;
  const alone = agreeing === 1 ? "no other camera sees" : `at most ${agreeing} cameras see`;
  const why =
    agreeing < needed
      ? `${alone} motion in one place along its ray, ${needed} must agree`
      : explainPlace(evidence, positionM).summary;
  return { box, trackId: null, camerasAgreeing: agreeing, positionM, why };
}

/** The place along the ray through a box's middle where most cameras see motion; null where the ray misses the volume. */
function bestAlongRay(evidence: Evidence, looker: Looker, [x0, y0, x1, y1]: Box) {
  const direction = unproject(looker.intrinsics, looker.pose, [(x0 + x1) / 2, (y0 + y1) / 2]);
  const span = direction && spanInVolume(evidence, looker.pose.cameraInEnuM, direction);
  if (!direction || !span) return null;
  const { sizeM } = evidence.site.options.target;
  const stepM = Math.max(sizeM, (span.endM - span.startM) / STEPS_MAX);
  let best: { readonly positionM: Vec3; readonly agreeing: number } | null = null;
  for (let alongM = span.startM; alongM <= span.endM; alongM += stepM) {
    const positionM = add(looker.pose.cameraInEnuM, scale(direction, alongM));
    const agreeing = evidence.lookers.filter(
      (other) =>
        other.bit !== null &&
        (other === looker || lookAtPlace(evidence, other, { pointM: positionM, reachM: stepM }).verdict === "moves"),
    ).length;
    if (best === null || agreeing > best.agreeing) best = { positionM, agreeing };
  }
  return best;
}

/** The part of a ray inside the watched volume, in metres from its start (Kay & Kajiya 1986, slabs); null where it misses. */
function spanInVolume({ site }: Evidence, fromM: Vec3, direction: Vec3): { startM: number; endM: number } | null {
  let startM = 0;
  let endM = Number.POSITIVE_INFINITY;
  for (const axis of [0, 1, 2] as const) {
    const [low, high] = [site.volume.minM[axis] - fromM[axis], site.volume.maxM[axis] - fromM[axis]];
    if (direction[axis] === 0) {
      if (low > 0 || high < 0) return null;
      continue;
    }
    const [a, b] = [low / direction[axis], high / direction[axis]];
    startM = Math.max(startM, Math.min(a, b));
    endM = Math.min(endM, Math.max(a, b));
  }
  return startM <= endM && Number.isFinite(endM) ? { startM, endM } : null;
}

function areaPx([x0, y0, x1, y1]: Box): number {
  return (x1 - x0 + 1) * (y1 - y0 + 1);
}

function outsidePx([x0, y0, x1, y1]: Box, [u, v]: readonly [number, number]): number {
  return Math.hypot(Math.max(x0 - u, 0, u - x1), Math.max(y0 - v, 0, v - y1));
}

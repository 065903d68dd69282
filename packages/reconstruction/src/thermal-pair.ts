/**
 * Pairs of a camera and a thermal one beside it: what the thermal camera sees speaks for a target, what it does not see against none.
 *
 * The cells of both pictures are laid over each other at the distance of the targets and joined, so a pair casts the rays of one view. A
 * thermal cell without a partner casts a ray too, through the place where the other camera should see it.
 */
import { cameraIntrinsics, cameraPose, type Site, type SiteCamera } from "@skyvox/cameras";
import { assert, type CameraId, type Observation } from "@skyvox/core";
import { buildRegistration, type FuseParams, type LensBend, type Table } from "@skyvox/kernels";
import type { Line, LineCamera } from "./site-to-line.ts";

/** The thermal camera beside another one, and how its picture lies over the other's. */
export interface ThermalPartner {
  readonly id: CameraId;
  readonly shift: LensBend;
  readonly fuse: FuseParams;
}

/**
 * Works out how the thermal partner of a camera lies over its picture; null where it has none.
 *
 * @throws {SkyvoxError} "calibration" when no table can hold it.
 */
export function thermalPartner(site: Site, camera: SiteCamera): ThermalPartner | null {
  if (camera.thermal === undefined) return null;
  const { camera: id, rangeM, gatePx, gain } = camera.thermal;
  const partner = site.cameras.find((candidate) => candidate.id === id);
  assert(partner !== undefined, "a thermal partner is a camera of the site");
  const optics = (of: SiteCamera) => ({ intrinsics: cameraIntrinsics(of), pose: cameraPose(of) });
  return {
    id: partner.id,
    shift: buildRegistration({ from: optics(partner), to: optics(camera), rangeM }),
    fuse: { gateQ8: Math.round(gatePx * 256), gainQ4: Math.round(gain * 16) },
  };
}

/**
 * Joins the cells of every pair in an instant and leaves out the thermal partners, which cast no rays of their own. A camera whose partner
 * gave no frame, or a flooded one, keeps its own cells.
 */
export async function joinPairs(line: Line, observations: readonly Observation[]): Promise<readonly Observation[]> {
  const own = observations.filter(({ cameraId }) => line.cameraOf(cameraId).castsRays);
  if (own.length === observations.length) return own;
  const joined = own.map(async (observation) => {
    const fused = fuseCells(line, line.cameraOf(observation.cameraId), observation, observations);
    return fused === null ? observation : { ...observation, cells: (await fused).rows };
  });
  await line.kernels.submit();
  return await Promise.all(joined);
}

function fuseCells(
  { kernels }: Line,
  { handle, thermal }: LineCamera,
  { cells }: Observation,
  observations: readonly Observation[],
): Promise<Table> | null {
  const partner = observations.find(({ cameraId }) => cameraId === thermal?.id);
  if (thermal === null || partner === undefined) return null;
  kernels.register(handle, partner.cells, thermal.shift);
  kernels.fuse(handle, cells, thermal.fuse);
  return kernels.readCamera(handle, "fused");
}

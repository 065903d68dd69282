/**
 * Places on the WGS-84 ellipsoid: geodetic, earth-centred (ECEF) and local east-north-up (ENU) coordinates.
 *
 * A site works in the ENU frame of its origin: a plane that touches the ellipsoid there, so at 50 km the ground lies 196 m below
 * it. Heights are above the ellipsoid, not above the sea. Constants: NGA.STND.0036 (WGS 84), table 3.1.
 */
import { assert } from "./assert.ts";
import { type Mat3, transform3, transformTransposed3 } from "./mat.ts";
import { add, subtract, type Vec3 } from "./vec3.ts";

/** A place on or above the WGS-84 ellipsoid: angles in radians, height in metres above the ellipsoid. */
export interface Geodetic {
  readonly latitudeRad: number;
  readonly longitudeRad: number;
  readonly heightM: number;
}

/** The local east-north-up frame about an origin, ready to convert with; made by {@link createLocalFrame}. */
export interface LocalFrame {
  readonly originEcefM: Vec3;
  readonly enuFromEcef: Mat3;
}

/** Semi-major axis of WGS-84 in metres. */
export const WGS84_SEMI_MAJOR_M = 6378137;
/** Flattening of WGS-84, without unit. */
export const WGS84_FLATTENING = 1 / 298.257223563;

/** Converts a geodetic place to earth-centred metres (x to latitude 0 longitude 0, z to the north pole). */
export function ecefFromGeodetic(place: Geodetic): Vec3 {
  const sine = Math.sin(place.latitudeRad);
  const cosine = Math.cos(place.latitudeRad);
  const normalRadiusM = WGS84_SEMI_MAJOR_M / Math.sqrt(1 - E2 * sine * sine);
  const fromAxisM = (normalRadiusM + place.heightM) * cosine;
  return [
    fromAxisM * Math.cos(place.longitudeRad),
    fromAxisM * Math.sin(place.longitudeRad),
    (normalRadiusM * (1 - E2) + place.heightM) * sine,
  ];
}

/**
 * Converts earth-centred metres to a geodetic place; longitude in (-pi, pi].
 *
 * Bowring's iteration on the reduced latitude (Bowring 1976); within 20 000 km of the surface three rounds reach the precision of a
 * double. The centre of the earth has no latitude and is refused.
 */
export function geodeticFromEcef(pointEcefM: Vec3): Geodetic {
  const [x, y, z] = pointEcefM;
  const fromAxisM = Math.hypot(x, y);
  assert(fromAxisM + Math.abs(z) > 100_000, "the point is not near the centre of the earth");
  let sine = 0;
  let cosine = 1;
  let reduced = Math.atan2(z, (1 - WGS84_FLATTENING) * fromAxisM);
  for (let round = 0; round < BOWRING_ROUNDS; round++) {
    const reducedSine = Math.sin(reduced);
    const reducedCosine = Math.cos(reduced);
    const up = z + SECOND_E2 * SEMI_MINOR_M * reducedSine ** 3;
    const out = fromAxisM - E2 * WGS84_SEMI_MAJOR_M * reducedCosine ** 3;
    const length = Math.hypot(up, out);
    sine = up / length;
    cosine = out / length;
    reduced = Math.atan2((1 - WGS84_FLATTENING) * sine, cosine);
  }
  // The height by projection on the normal keeps its precision at the poles and at the equator alike.
  const heightM = fromAxisM * cosine + z * sine - WGS84_SEMI_MAJOR_M * Math.sqrt(1 - E2 * sine * sine);
  return { latitudeRad: Math.atan2(sine, cosine), longitudeRad: Math.atan2(y, x), heightM };
}

/** Makes the east-north-up frame that touches the ellipsoid's normal at `origin`. */
export function createLocalFrame(origin: Geodetic): LocalFrame {
  const sinLat = Math.sin(origin.latitudeRad);
  const cosLat = Math.cos(origin.latitudeRad);
  const sinLon = Math.sin(origin.longitudeRad);
  const cosLon = Math.cos(origin.longitudeRad);
  return {
    originEcefM: ecefFromGeodetic(origin),
    enuFromEcef: [
      -sinLon,
      cosLon,
      0,
      -sinLat * cosLon,
      -sinLat * sinLon,
      cosLat,
      cosLat * cosLon,
      cosLat * sinLon,
      sinLat,
    ],
  };
}

/** Converts earth-centred metres to metres east, north and up of the frame's origin. */
export function enuFromEcef(frame: LocalFrame, pointEcefM: Vec3): Vec3 {
  return transform3(frame.enuFromEcef, subtract(pointEcefM, frame.originEcefM));
}

/** Converts metres east, north and up of the frame's origin to earth-centred metres. */
export function ecefFromEnu(frame: LocalFrame, pointEnuM: Vec3): Vec3 {
  return add(frame.originEcefM, transformTransposed3(frame.enuFromEcef, pointEnuM));
}

/** Converts a geodetic place to metres east, north and up of the frame's origin. */
export function enuFromGeodetic(frame: LocalFrame, place: Geodetic): Vec3 {
  return enuFromEcef(frame, ecefFromGeodetic(place));
}

/** Converts metres east, north and up of the frame's origin to a geodetic place. */
export function geodeticFromEnu(frame: LocalFrame, pointEnuM: Vec3): Geodetic {
  return geodeticFromEcef(ecefFromEnu(frame, pointEnuM));
}

const SEMI_MINOR_M = WGS84_SEMI_MAJOR_M * (1 - WGS84_FLATTENING);
const E2 = WGS84_FLATTENING * (2 - WGS84_FLATTENING);
const SECOND_E2 = E2 / (1 - E2);
const BOWRING_ROUNDS = 3;

import { expect, test } from "bun:test";
import fc from "fast-check";
import { AssertionError } from "./assert.ts";
import {
  createLocalFrame,
  ecefFromEnu,
  ecefFromGeodetic,
  enuFromEcef,
  enuFromGeodetic,
  geodeticFromEcef,
  geodeticFromEnu,
} from "./geodesy.ts";
import { distance, type Vec3 } from "./vec3.ts";

const degrees = (angle: number) => (angle * Math.PI) / 180;
const place = (latitude: number, longitude: number, heightM: number) => ({
  latitudeRad: degrees(latitude),
  longitudeRad: degrees(longitude),
  heightM,
});

// Test vectors of pymap3d (tests/test_geodetic.py, test_enu.py), which agree with MATLAB's Mapping Toolbox.
const lla0 = place(42, -82, 200);
const xyz0: Vec3 = [660675.2518247, -4700948.68316, 4245737.66222];

test("Geodesy converts the published place to earth-centred metres and back", () => {
  expect(distance(ecefFromGeodetic(lla0), xyz0)).toBeLessThan(2e-5);
  const back = geodeticFromEcef(xyz0);
  expect(Math.abs(back.latitudeRad - lla0.latitudeRad)).toBeLessThan(1e-11);
  expect(Math.abs(back.longitudeRad - lla0.longitudeRad)).toBeLessThan(1e-11);
  expect(Math.abs(back.heightM - 200)).toBeLessThan(2e-5);
});

test("Geodesy converts the published neighbour, azimuth 33, elevation 70, range 1000 m, to east, north, up", () => {
  const enu: Vec3 = [
    1000 * Math.cos(degrees(70)) * Math.sin(degrees(33)),
    1000 * Math.cos(degrees(70)) * Math.cos(degrees(33)),
    1000 * Math.sin(degrees(70)),
  ];
  expect(distance(enu, [186.277521, 286.84222, 939.69262])).toBeLessThan(1e-5);
  const frame = createLocalFrame(lla0);
  expect(distance(ecefFromEnu(frame, enu), [660930.192761, -4701424.222957, 4246579.604633])).toBeLessThan(2e-5);
  const there = geodeticFromEnu(frame, enu);
  // Published to six decimals of a degree.
  expect(Math.abs(there.latitudeRad - degrees(42.002582))).toBeLessThan(degrees(5e-7));
  expect(Math.abs(there.longitudeRad - degrees(-81.997752))).toBeLessThan(degrees(5e-7));
  expect(there.heightM).toBeCloseTo(1139.7018, 3);
});

test("Geodesy places the equator and the poles on the axes of WGS-84", () => {
  expect(distance(ecefFromGeodetic(place(0, 0, 0)), [6378137, 0, 0])).toBe(0);
  expect(distance(ecefFromGeodetic(place(0, 90, -1)), [0, 6378136, 0])).toBeLessThan(1e-9);
  // The semi-minor axis as NGA.STND.0036 prints it.
  expect(distance(ecefFromGeodetic(place(90, 15, 0)), [0, 0, 6356752.3142])).toBeLessThan(1e-4);
  expect(distance(ecefFromGeodetic(place(-90, 0, 0)), [0, 0, -6356752.3142])).toBeLessThan(1e-4);
});

test("Geodesy finds the height at a pole, beside it and below the ground", () => {
  const pole = geodeticFromEcef([0, 0, 6356752.314245 - 1]);
  expect(pole.latitudeRad).toBeCloseTo(Math.PI / 2, 12);
  expect(pole.heightM).toBeCloseTo(-1, 5);
  const beside = geodeticFromEcef(ecefFromGeodetic(place(89.999999, -179.5, 12)));
  expect(beside.heightM).toBeCloseTo(12, 6);
  expect(beside.longitudeRad).toBeCloseTo(degrees(-179.5), 8);
  expect(geodeticFromEcef([-6378136, 0, 0]).longitudeRad).toBeCloseTo(Math.PI, 12);
});

test("Geodesy puts the ground 50 km away 196 m below the plane of the origin", () => {
  // 50 000^2 / (2 R) with the prime vertical radius R = 6378137 m at the equator, looking east.
  const [eastM, , upM] = enuFromGeodetic(createLocalFrame(place(0, 0, 0)), place(0, degreesEast(50_000), 0));
  expect(eastM).toBeCloseTo(50_000, -1);
  expect(upM).toBeCloseTo(-195.98, 1);
});

test("Geodesy keeps a round trip over 50 km within a millimetre, anywhere on earth", () => {
  const offset = fc.double({ min: -50_000, max: 50_000, noNaN: true });
  fc.assert(
    fc.property(
      fc.double({ min: -90, max: 90, noNaN: true }),
      fc.double({ min: -180, max: 180, noNaN: true }),
      fc.double({ min: -400, max: 9000, noNaN: true }),
      fc.tuple(offset, offset, fc.double({ min: -5000, max: 50_000, noNaN: true })),
      (latitude, longitude, heightM, pointEnuM) => {
        const frame = createLocalFrame(place(latitude, longitude, heightM));
        expect(distance(enuFromEcef(frame, ecefFromEnu(frame, pointEnuM)), pointEnuM)).toBeLessThan(1e-7);
        expect(distance(enuFromGeodetic(frame, geodeticFromEnu(frame, pointEnuM)), pointEnuM)).toBeLessThan(1e-3);
      },
    ),
    { numRuns: 500 },
  );
});

test("Geodesy holds for a satellite at 20 200 km", () => {
  const high = place(-33.5, 151.2, 20_200_000);
  const back = geodeticFromEcef(ecefFromGeodetic(high));
  expect(back.latitudeRad).toBeCloseTo(high.latitudeRad, 12);
  expect(Math.abs(back.heightM - high.heightM)).toBeLessThan(1e-6);
});

test("Geodesy refuses the centre of the earth", () => {
  expect(() => geodeticFromEcef([0, 0, 0])).toThrow(AssertionError);
});

/** Degrees of longitude along the equator for a length of arc. */
function degreesEast(lengthM: number): number {
  return (lengthM / 6378137) * (180 / Math.PI);
}

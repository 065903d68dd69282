import { expect, test } from "bun:test";
import { project } from "@skyvox/core";
import { importQualisys } from "./import-qualisys.ts";
import { parseSite } from "./site.ts";
import { cameraIntrinsics, cameraPose } from "./site-camera.ts";

/** A camera at (1, 2, 3) m that looks north, level: Qualisys' camera has x right, y up and looks along -z. */
function calibration(changes: { readonly lens?: string; readonly place?: string } = {}): string {
  const lens =
    changes.lens ??
    `focalLengthU="64000" focalLengthV="60800" centerPointU="20480" centerPointV="15360" skew="0"
     radialDistortion1="-0.1" radialDistortion2="0.02" radialDistortion3="0.003" tangentalDistortion1="0.0004" tangentalDistortion2="0.0005"`;
  const place =
    changes.place ??
    'r11="1" r12="0" r13="0" r21="0" r22="0" r23="1" r31="0" r32="-1" r33="0" x="1000" y="2000" z="3000"';
  return `<?xml version='1.0'?><calibration><cameras><camera serial="cam 1">
    <fov_video left="0" top="0" right="639" bottom="479"/><transform ${place}/><intrinsic ${lens}/>
  </camera></cameras></calibration>`;
}

test("Qualisys calibration gives lens and pose in our conventions", () => {
  const site = parseSite(importQualisys(calibration(), { where: "rig.qca.txt", name: "rig" }), "rig");
  const [camera] = site.cameras;
  if (camera === undefined) throw new Error("the calibration has a camera");
  expect(site.name).toBe("rig");
  expect(camera).toMatchObject({ id: "cam_1", source: "video:cam_1.mp4" });
  expect(cameraIntrinsics(camera)).toEqual({
    widthPx: 640,
    heightPx: 480,
    fxPx: 1000,
    fyPx: 950,
    cxPx: 320,
    cyPx: 240,
    distortion: [-0.1, 0.02, 0.0004, 0.0005, 0.003],
  });
  const pose = cameraPose(camera);
  expect(pose.cameraInEnuM).toEqual([1, 2, 3]);
  // Without the lens's bending: 100 m north, 10 m east and 5 m up are 100 px right of and 47.5 px above the principal point.
  const pinhole = { ...cameraIntrinsics(camera), distortion: [0, 0, 0, 0, 0] as const };
  const [u, v] = project(pinhole, pose, [11, 102, 8]) ?? [Number.NaN, Number.NaN];
  expect(u).toBeCloseTo(420, 6);
  expect(v).toBeCloseTo(192.5, 6);
});

test("Qualisys camera takes source and size of its feed", () => {
  const feeds = new Map([["cam_1", { source: "video:clips/cam 1.mp4", widthPx: 600, heightPx: 480 }]]);
  const [camera] = importQualisys(calibration(), { where: "rig", feeds }).cameras;
  expect(camera).toMatchObject({ source: "video:clips/cam 1.mp4", intrinsics: { widthPx: 600, cxPx: 320 } });
  expect(() => importQualisys(calibration(), { where: "rig", feeds: new Map() })).toThrow(
    'Cannot import "rig": camera "cam 1" has no source, need one for every camera',
  );
});

test("Qualisys calibration that cannot be used is refused by camera and key", () => {
  const where = "rig.qca.txt";
  const refusals: readonly (readonly [text: string, message: string])[] = [
    [calibration({ lens: 'skew="0" focalLengthU="nan"' }), 'focalLengthU of camera "cam 1" is "nan", need a number'],
    [calibration({ lens: 'skew="0.5"' }), 'skew of camera "cam 1" is "0.5", need 0: rows and columns at right angles'],
    [calibration({ place: 'x="1" y="2" r11="1"' }), 'z of camera "cam 1" is missing, need a number'],
    [
      calibration({
        place: 'r11="1" r12="0" r13="0" r21="0" r22="1" r23="0" r31="0" r32="0" r33="-1" x="0" y="0" z="0"',
      }),
      'camera "cam 1" has a matrix that is no rotation, need one with orthonormal rows and determinant 1',
    ],
    ["camera_matrix: 1", "it is not XML, need a Qualisys calibration"],
    ["<calibration/>", "no <cameras> with a <camera> in it, need a Qualisys calibration"],
  ];
  for (const [text, message] of refusals) {
    expect(() => importQualisys(text, { where })).toThrow(`Cannot import "${where}": ${message}`);
  }
});

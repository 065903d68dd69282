import { describe, expect, test } from "bun:test";
import { createPrng, type Intrinsics, lookAt, project, type Vec3 } from "@skyvox/core";
import { registerPoints } from "./ops/register.ts";
import { buildRegistration, type Optics } from "./registration.ts";

/** A camera that looks north from a place, its image x to the east. */
function optics(cameraInEnuM: Vec3, some: Partial<Intrinsics> = {}): Optics {
  const ideal = { widthPx: 1281, heightPx: 961, fxPx: 1000, fyPx: 1000, cxPx: 640, cyPx: 480 };
  const [east, north, up] = cameraInEnuM;
  const pose = lookAt({ cameraInEnuM, targetEnuM: [east, north + 100, up] });
  return { intrinsics: { ...ideal, distortion: [0, 0, 0, 0, 0], ...some }, pose };
}

/** Where a pixel of `from` is in `to`'s picture, to 1/256 pixel; null where it is not in it. */
function registered(from: Optics, to: Optics, rangeM: number, u: number, v: number): [number, number] | null {
  const points = Uint32Array.of(Math.round(256 * u), Math.round(256 * v), 1, 0);
  const rows = registerPoints(points, buildRegistration({ from, to, rangeM }), to.intrinsics);
  return rows.length === 0 ? null : [rows[0]! / 256, rows[1]! / 256];
}

describe("A registration", () => {
  test("of a camera with itself moves nothing", () => {
    const camera = optics([3, 4, 5]);
    expect(buildRegistration({ from: camera, to: camera, rangeM: 100 }).bendQ12.every((shift) => shift === 0)).toBe(
      true,
    );
  });

  test("moves by baseline times focal length over range", () => {
    // The other camera stands 1 m to the right: at 100 m everything is 10 px further left in its picture, at 200 m 5 px.
    const [from, to] = [optics([0, 0, 0]), optics([1, 0, 0])];
    expect(registered(from, to, 100, 500, 200)).toEqual([490, 200]);
    expect(registered(from, to, 200, 1280, 960)).toEqual([1275, 960]);
    expect(registered(from, to, 100, 3, 200)).toBeNull();
    // 2 m higher: what it sees lies 20 px lower.
    expect(registered(from, optics([0, 0, 2]), 100, 640, 480)).toEqual([640, 500]);
    // 50 m nearer to what is 100 m away: twice as large.
    expect(registered(from, optics([0, 50, 0]), 100, 700, 430)).toEqual([760, 380]);
  });

  test("magnifies between pictures of unlike size", () => {
    const thermal = optics([0, 0, 0], { widthPx: 321, heightPx: 241, fxPx: 250, fyPx: 250, cxPx: 160, cyPx: 120 });
    // Four times the focal length, and 1 m of baseline at 100 m is 10 of its pixels.
    expect(registered(thermal, optics([1, 0, 0]), 100, 200, 110)).toEqual([640 + 4 * 40 - 10, 480 - 4 * 10]);
    expect(registered(optics([1, 0, 0]), thermal, 100, 640, 480)).toEqual([162.5, 120]);
  });

  test("turns with a camera turned aside: tangents of angles, whatever the range", () => {
    const from = optics([0, 0, 0]);
    const turnRad = Math.atan(0.1);
    const to = { ...from, pose: lookAt({ cameraInEnuM: [0, 0, 0], targetEnuM: [0.1, 1, 0] }) };
    for (const rangeM of [10, 5000]) {
      for (const u of [200, 640, 740, 1200]) {
        const [toU, toV] = registered(from, to, rangeM, u, 480)!;
        expect(Math.abs(toU - (640 + 1000 * Math.tan(Math.atan((u - 640) / 1000) - turnRad)))).toBeLessThan(0.025);
        expect(toV).toBe(480);
      }
    }
  });

  test("undoes the lens of the one and bends as that of the other", () => {
    const prng = createPrng(61);
    const from = optics([0, 0, 0], {
      widthPx: 640,
      heightPx: 480,
      fxPx: 600,
      fyPx: 610,
      cxPx: 322.3,
      cyPx: 237.7,
      distortion: [-0.2, 0.03, 0.001, -0.002, 0],
    });
    const to = {
      intrinsics: optics([0, 0, 0], { distortion: [0.08, -0.01, 0, 0.001, 0] }).intrinsics,
      pose: lookAt({ cameraInEnuM: [0.4, 0.1, -0.2], targetEnuM: [3, 100, 1] }),
    };
    const shift = buildRegistration({ from, to, rangeM: 80 });
    let seenByBoth = 0;
    for (let i = 0; i < 500; i++) {
      // A point 80 m ahead, seen by either camera itself.
      const point: Vec3 = [prng.uniform(-40, 40), 80, prng.uniform(-30, 30)];
      const [seen, wanted] = [project(from.intrinsics, from.pose, point), project(to.intrinsics, to.pose, point)];
      if (seen === null || wanted === null || seen[0] < 0 || seen[1] < 0 || seen[0] > 639 || seen[1] > 479) continue;
      const at = Uint32Array.of(Math.round(256 * seen[0]), Math.round(256 * seen[1]), 1, 0);
      const rows = registerPoints(at, shift, to.intrinsics);
      if (rows.length === 0) continue;
      seenByBoth++;
      // 0.02 of the table, and the rounding of both pixels to 1/256, the first magnified by two.
      expect(Math.abs(rows[0]! / 256 - wanted[0])).toBeLessThan(0.028);
      expect(Math.abs(rows[1]! / 256 - wanted[1])).toBeLessThan(0.028);
    }
    expect(seenByBoth).toBeGreaterThan(200);
  });

  test("keeps out what lies where the lens model of the other camera folds back", () => {
    // r (1 - 0.3 r²) turns back at r = 1.054, 57 px outside of the corner; the wide camera sees out to r = 2.
    const wide = optics([0, 0, 0], { widthPx: 401, heightPx: 401, fxPx: 140, fyPx: 140, cxPx: 200, cyPx: 200 });
    const barrel = optics([0, 0, 0], { fxPx: 1220, fyPx: 1220, distortion: [-0.3, 0, 0, 0, 0] });
    const shift = buildRegistration({ from: wide, to: barrel, rangeM: 100 });
    let [inside, outside] = [0, 0];
    for (let v = 0; v <= 400; v += 5) {
      for (let u = 0; u <= 400; u += 5) {
        const kept = registerPoints(Uint32Array.of(256 * u, 256 * v, 1, 0), shift, barrel.intrinsics).length > 0;
        const radius = Math.hypot(u - 200, v - 200) / 140;
        if (kept) expect(radius).toBeLessThan(1.054);
        const [x, y] = [(u - 200) / 140, (v - 200) / 140];
        const bent = 1220 * (1 - 0.3 * radius * radius);
        const isSeen = radius < 1.05 && Math.abs(x * bent) < 639 && Math.abs(y * bent) < 479;
        if (isSeen) expect(kept).toBe(true);
        if (kept) inside++;
        else outside++;
      }
    }
    expect([inside > 100, outside > 100]).toEqual([true, true]);
  });

  test("is refused where one camera looks away from what the other sees", () => {
    const from = optics([0, 0, 0]);
    const to = { ...from, pose: lookAt({ cameraInEnuM: [0, 0, 0], targetEnuM: [0, -1, 0] }) };
    expect(() => buildRegistration({ from, to, rangeM: 100 })).toThrow("need cameras that look the same way");
    const ahead = optics([0, 200, 0]);
    expect(() => buildRegistration({ from, to: ahead, rangeM: 100 })).toThrow("lies behind the other camera");
    expect(() => buildRegistration({ from, to: from, rangeM: 0 })).toThrow("rangeM is positive and finite");
  });

  test("is refused where pixels would fly further apart than a table can say", () => {
    const from = optics([0, 0, 0], { widthPx: 9, heightPx: 9, fxPx: 1, fyPx: 1, cxPx: 4, cyPx: 4 });
    const to = optics([0, 0, 0], { fxPx: 9000, fyPx: 9000 });
    expect(() => buildRegistration({ from, to, rangeM: 100 })).toThrow("Cannot register cameras: the table errs by");
  });
});

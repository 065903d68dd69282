/**
 * Cases of the ops that join two cameras: `register` and `fuse`.
 *
 * Points crowd where it matters: at the edges of the picture, at the nodes of the table and within the gate of each other.
 */
import type { Prng } from "@skyvox/core";
import type { CameraHandle, CameraSpec, FuseParams, Kernels } from "../src/mod.ts";
import { type LensBend, noBend } from "../src/node-table.ts";
import type { ConformanceCase } from "./case.ts";
import { roomy } from "./cases-camera.ts";
import { pick, randomFrame } from "./material.ts";
import { onCamera, type ReadingLog } from "./reading-log.ts";

/** Cases of `register` and `fuse`. */
export const fuseCases: readonly ConformanceCase[] = [
  {
    name: "register: without a table, across every edge",
    seeds: 16,
    run: (kernels, prng) => {
      const [widthPx, heightPx] = [1 + prng.int(64), 1 + prng.int(64)];
      return onCamera(kernels, fusing(prng, widthPx, heightPx), (camera, log) => {
        kernels.register(camera, edgePoints(prng, widthPx, heightPx, 60), noBend);
        log.camera(camera, "registered");
      });
    },
  },
  {
    name: "register: tables of every spacing",
    seeds: 48,
    run: (kernels, prng) => {
      const shift = randomShift(prng, prng.int(6));
      const [otherWidthPx, otherHeightPx] = [
        (shift.bendColumns - 1) << shift.bendShift,
        (shift.bendRows - 1) << shift.bendShift,
      ];
      const side = (otherPx: number) => pick(prng, otherPx, otherPx + 99, 1 + prng.int(200));
      const [widthPx, heightPx] = pick<[number, number]>(
        prng,
        [side(otherWidthPx), side(otherHeightPx)],
        [side(otherWidthPx), side(otherHeightPx)],
        [8192, 200],
        [200, 8192],
      );
      return onCamera(kernels, fusing(prng, widthPx, heightPx, 400), (camera, log) => {
        kernels.register(camera, edgePoints(prng, otherWidthPx, otherHeightPx, 80), shift);
        log.camera(camera, "registered");
      });
    },
  },
  {
    name: "register: what moves out to the left, the right, up and down",
    seeds: 12,
    run: (kernels, prng) =>
      onCamera(kernels, fusing(prng, 32, 24), (camera, log) => {
        for (const [du, dv] of [
          [-32, 0],
          [32, 0],
          [0, -24],
          [0, 24],
          [-0.5, 0.5],
          [-31.5, -23.5],
        ] as const) {
          const bendQ12 = new Int32Array(8).map((_, i) => 4096 * (i % 2 === 0 ? du : dv) + prng.int(9) - 4);
          const shift = { bendShift: 5, bendColumns: 2, bendRows: 2, bendQ12 };
          kernels.register(camera, edgePoints(prng, 32, 24, 40), shift);
          log.camera(camera, "registered");
        }
      }),
  },
  {
    name: "register: holds until the next, over frames and without points",
    seeds: 2,
    run: (kernels, prng) =>
      onCamera(kernels, fusing(prng, 16, 16), (camera, log) => {
        log.camera(camera, "registered");
        for (const count of [20, 0, 3]) {
          kernels.register(camera, edgePoints(prng, 16, 16, count), noBend);
          for (let i = 0; i < 2; i++) kernels.motion(camera, randomFrame(prng, 256), { mode: "diff", threshold: 9 });
          log.camera(camera, "registered");
        }
      }),
  },
  {
    name: "fuse: crowds within and around the gate",
    seeds: 60,
    run: (kernels, prng) =>
      onCamera(kernels, fusing(prng, 64, 64, 8192), (camera, log) => {
        const gateQ8 = pick(prng, 0, 1, 255, 256, 700, 2 ** 20);
        const ours = crowd(prng, gateQ8, pick(prng, 0, 1, 60, 300));
        const theirs = crowd(prng, gateQ8, pick(prng, 0, 1, 60, 300));
        kernels.register(camera, theirs, noBend);
        fuseAndRead(kernels, log, camera, ours, { gateQ8, gainQ4: pick(prng, 0, 1, 15, 16, 255, prng.int(256)) });
      }),
  },
  {
    name: "fuse: weights up to 2^32",
    seeds: 16,
    run: (kernels, prng) =>
      onCamera(kernels, fusing(prng, 64, 64, 8192), (camera, log) => {
        const heavy = (points: Uint32Array) => points.map((word, i) => (i % 4 === 2 ? heavyWeight(prng) : word));
        kernels.register(camera, heavy(crowd(prng, 300, 80)), noBend);
        for (const gainQ4 of [0, 1, 16, 255]) {
          fuseAndRead(kernels, log, camera, heavy(crowd(prng, 300, 80)), { gateQ8: 300, gainQ4 });
        }
      }),
  },
  {
    name: "fuse: past the limit of either table",
    seeds: 16,
    run: (kernels, prng) =>
      onCamera(kernels, fusing(prng, 64, 64, 1 + prng.int(60)), (camera, log) => {
        kernels.register(camera, crowd(prng, 500, 50), noBend);
        fuseAndRead(kernels, log, camera, crowd(prng, 500, 1 + prng.int(50)), { gateQ8: 100, gainQ4: 16 });
        log.camera(camera, "registered");
      }),
  },
  {
    name: "fuse: thousands of points",
    seeds: 4,
    run: (kernels, prng) =>
      onCamera(kernels, fusing(prng, 64, 64, pick(prng, 8192, 2500)), (camera, log) => {
        const gateQ8 = pick(prng, 1, 30, 256);
        kernels.register(camera, edgePoints(prng, 64, 64, 4000), randomShift(prng, 3));
        log.camera(camera, "registered");
        fuseAndRead(kernels, log, camera, crowd(prng, gateQ8, 1500), { gateQ8, gainQ4: 16 });
        kernels.register(camera, crowd(prng, gateQ8, 3000), noBend);
        fuseAndRead(kernels, log, camera, crowd(prng, gateQ8, 1500), { gateQ8, gainQ4: 16 });
      }),
  },
  {
    name: "fuse: before any register, and again after it",
    seeds: 2,
    run: (kernels, prng) =>
      onCamera(kernels, fusing(prng, 64, 64, 400), (camera, log) => {
        log.camera(camera, "fused");
        const params = { gateQ8: 400, gainQ4: 20 };
        for (const count of [0, 30]) {
          fuseAndRead(kernels, log, camera, crowd(prng, 400, 30), params);
          kernels.register(camera, crowd(prng, 400, count), noBend);
          fuseAndRead(kernels, log, camera, crowd(prng, 400, 30), params);
        }
      }),
  },
];

function fusing(prng: Prng, widthPx: number, heightPx: number, fusedMax = pick(prng, 1, 7, 400)): CameraSpec {
  return { ...roomy(Math.min(widthPx, 64), Math.min(heightPx, 64)), widthPx, heightPx, fusedMax };
}

function fuseAndRead(kernels: Kernels, log: ReadingLog, camera: CameraHandle, points: Uint32Array, params: FuseParams) {
  kernels.fuse(camera, points, params);
  log.camera(camera, "fused");
}

/** Points around the first and the last pixel of a picture, the limits of a point, and anywhere between. */
function edgePoints(prng: Prng, widthPx: number, heightPx: number, count: number): Uint32Array {
  const along = (sidePx: number) => {
    const edge = pick(
      prng,
      prng.int(256 * sidePx),
      0,
      128,
      256 * sidePx - 128,
      256 * (sidePx - 1),
      prng.int(256 * sidePx),
      2 ** 21 - 1,
    );
    return Math.min(Math.max(edge + prng.int(3) - 1, 0), 2 ** 21 - 1);
  };
  const words: number[] = [];
  for (let i = 0; i < count; i++) words.push(along(widthPx), along(heightPx), prng.uint32(), prng.uint32());
  return Uint32Array.from(words);
}

/** A table whose nodes differ as much as a host may make them, around a shift of up to 60 pixels. */
function randomShift(prng: Prng, bendShift: number): LensBend {
  const [bendColumns, bendRows] = [2 + prng.int(6), 2 + prng.int(4)];
  const spread = pick(prng, 1, 5000, 2 ** (21 - bendShift) - 2);
  const [du, dv] = [4096 * (prng.int(121) - 60), 4096 * (prng.int(121) - 60)];
  const bendQ12 = new Int32Array(bendRows * bendColumns * 2);
  for (let i = 0; i < bendQ12.length; i++) bendQ12[i] = (i % 2 === 0 ? du : dv) + prng.int(2 * spread + 1) - spread;
  return { bendShift, bendColumns, bendRows, bendQ12 };
}

/** Points in a picture of 64 by 64, most of them exactly a gate, a little more or a little less from one of a few places. */
function crowd(prng: Prng, gateQ8: number, count: number): Uint32Array {
  const along = () => {
    const place = 256 * (8 + 16 * prng.int(4));
    const offset = pick(prng, 0, gateQ8, -gateQ8, gateQ8 + 1, -gateQ8 - 1, prng.int(2000) - 1000);
    return Math.min(Math.max(place + offset, 0), 63 * 256);
  };
  const words: number[] = [];
  for (let i = 0; i < count; i++) words.push(along(), along(), prng.int(5000), prng.uint32());
  return Uint32Array.from(words);
}

function heavyWeight(prng: Prng): number {
  return pick(prng, 0, 1, 15, 16, 2 ** 20 - 1, 2 ** 20, 2 ** 31, 2 ** 32 - 1, prng.uint32());
}

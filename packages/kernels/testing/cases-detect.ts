/**
 * Cases of mode `gaussian` of op `motion`, and of op `spots` on what it leaves.
 *
 * Noise and points of light are whole numbers made from whole numbers, so that no engine rounds them differently. A background needs
 * a few frames before its variance means anything; every case of `spots` shows some.
 */
import type { Prng } from "@skyvox/core";
import type { CameraSpec, GaussianParams, Kernels, MotionMode, MotionParams } from "../src/mod.ts";
import type { ConformanceCase } from "./case.ts";
import { randomFrameSize, roomy } from "./cases-camera.ts";
import { changedFrame, pick, randomFrame } from "./material.ts";
import { onCamera } from "./reading-log.ts";

/** Cases of `motion` in mode `gaussian` and of `spots`. */
export const detectCases: readonly ConformanceCase[] = [
  {
    name: "motion: gaussian on random frames, with every parameter",
    seeds: 60,
    run: async (kernels, prng) => {
      const [widthPx, heightPx] = pick<[number, number]>(prng, randomFrameSize(prng), [
        1 + prng.int(130),
        1 + prng.int(9),
      ]);
      const params = randomGaussian(prng);
      return onCamera(kernels, roomy(widthPx, heightPx), async (camera, log) => {
        let frame = randomFrame(prng, widthPx * heightPx);
        for (let i = 0; i < 8; i++) {
          kernels.motion(camera, frame, params);
          log.camera(camera, "motion");
          if (i === 4) await kernels.submit();
          frame = changedFrame(prng, frame, pick(prng, 0.01, 0.3, 1));
        }
      });
    },
  },
  {
    name: "motion: gaussian over 40 frames of noise, a moving and a hovering dot",
    seeds: 16,
    run: (kernels, prng) => {
      const [widthPx, heightPx] = [67, 21];
      const sky = smoothSky(prng, widthPx, heightPx);
      const params = gaussian({ slowShift: 2 + prng.int(6), fastShift: 1 + prng.int(4), holdShift: prng.int(7) }, 4);
      return onCamera(kernels, roomy(widthPx, heightPx), (camera, log) => {
        for (let i = 0; i < 40; i++) {
          const frame = withNoise(prng, sky, 4);
          addPoint(frame, widthPx, { x: 3 + 1.5 * i, y: 6, flux: 400 });
          if (i >= 12) addPoint(frame, widthPx, { x: 31.25, y: 14.5, flux: -600 });
          kernels.motion(camera, frame, params);
          kernels.blobs(camera, { pixelsMin: 1 });
          kernels.cells(camera, { shift: prng.int(4), pixelsMin: 1 });
          if (i % 3 === 0) for (const table of ["motion", "cells", "blobs"] as const) log.camera(camera, table);
        }
      });
    },
  },
  {
    name: "motion: gaussian and back, every mode starts over",
    seeds: 16,
    run: (kernels, prng) =>
      onCamera(kernels, { ...roomy(41, 13), spotsMax: 600 }, (camera, log) => {
        const still = randomFrame(prng, 41 * 13);
        for (let i = 0; i < 14; i++) {
          const mode = pick<MotionMode>(prng, "diff", "sigmaDelta", "average", "gaussian", "gaussian", "gaussian");
          const frame = changedFrame(prng, still, 0.1);
          kernels.motion(camera, frame, { ...gaussian({ snrMinQ4: 16 }, 2), mode });
          kernels.spots(camera, { snrMinQ4: 16, perTileMax: 100 });
          for (const table of ["motion", "spots"] as const) log.camera(camera, table);
        }
      }),
  },
  {
    name: "motion: gaussian parameters that change from frame to frame",
    seeds: 16,
    run: (kernels, prng) =>
      onCamera(kernels, roomy(33, 5), (camera, log) => {
        const still = randomFrame(prng, 33 * 5);
        for (let i = 0; i < 20; i++) {
          kernels.motion(camera, changedFrame(prng, still, 0.2), randomGaussian(prng));
          log.camera(camera, "motion");
        }
      }),
  },
  {
    name: "motion: gaussian between black and white",
    seeds: 12,
    run: (kernels, prng) => {
      const widthPx = 1 + prng.int(130);
      const params = randomGaussian(prng);
      const period = pick(prng, 1, 2, 9);
      return onCamera(kernels, { ...roomy(widthPx, 11), spotsMax: 99 }, (camera, log) => {
        for (let i = 0; i < 30; i++) {
          const isWhite = Math.floor(i / period) % 2 === 1;
          const frame = new Uint8Array(widthPx * 11).map((_, place) => ((place % 3 === 0) === isWhite ? 255 : 0));
          kernels.motion(camera, frame, params);
          kernels.spots(camera, { snrMinQ4: 1, perTileMax: 9 });
          for (const table of ["motion", "spots"] as const) log.camera(camera, table);
        }
      });
    },
  },
  {
    name: "motion: gaussian as slow as it gets, over 2,100 frames",
    seeds: 1,
    run: (kernels, prng) =>
      onCamera(kernels, roomy(5, 1), async (camera, log) => {
        for (let i = 0; i < 2100; i++) {
          kernels.motion(camera, randomFrame(prng, 5), gaussian({ slowShift: 12, snrMinQ4: 1 }, 0));
          if (i % 70 === 69) log.camera(camera, "motion");
          if (i % 350 === 349) await kernels.submit();
        }
      }),
  },
  {
    name: "motion: gaussian past the limit of its list",
    seeds: 12,
    run: async (kernels, prng) => {
      const [widthPx, heightPx] = randomFrameSize(prng);
      const spec = { ...roomy(widthPx, heightPx), motionMax: 1 + prng.int(600) };
      return onCamera(kernels, spec, (camera, log) => {
        const still = randomFrame(prng, widthPx * heightPx);
        for (let i = 0; i < 5; i++) {
          kernels.motion(camera, changedFrame(prng, still, pick(prng, 0.1, 0.5, 1)), gaussian({ snrMinQ4: 1 }, 0));
          kernels.blobs(camera, { pixelsMin: 1 });
          for (const table of ["motion", "blobs"] as const) log.camera(camera, table);
        }
      });
    },
  },
  {
    name: "motion: gaussian and spots on large pictures",
    seeds: 4,
    run: (kernels, prng) => {
      const [widthPx, heightPx] = pick<[number, number]>(prng, [2069, 19], [1031, 41], [1024, 34], [13, 3001]);
      const sky = smoothSky(prng, widthPx, heightPx);
      return onCamera(kernels, { ...roomy(widthPx, heightPx), spotsMax: 20_000 }, (camera, log) => {
        for (let i = 0; i < 4; i++) {
          kernels.motion(camera, withNoise(prng, sky, 9), gaussian({ snrMinQ4: 1 + prng.int(90) }, 2));
          kernels.spots(camera, { snrMinQ4: pick(prng, 1, 60, 200), perTileMax: pick(prng, 2, 1024) });
          kernels.blobs(camera, { pixelsMin: 2 });
          for (const table of ["motion", "spots", "blobs"] as const) log.camera(camera, table);
        }
      });
    },
  },
  {
    name: "spots: two cameras in turn, each with its own background",
    seeds: 4,
    run: (kernels, prng) =>
      onCamera(kernels, { ...roomy(40, 30), spotsMax: 200 }, async (camera, log) => {
        const other = kernels.openCamera({ ...roomy(31, 17), spotsMax: 200 });
        for (let i = 0; i < 4; i++) {
          kernels.motion(camera, randomFrame(prng, 40 * 30), gaussian({}, 9));
          kernels.motion(other, randomFrame(prng, 31 * 17), gaussian({ slowShift: 1 + i }, 9));
          for (const handle of [other, camera]) {
            kernels.spots(handle, { snrMinQ4: 20, perTileMax: 99 });
            for (const table of ["motion", "spots"] as const) log.camera(handle, table);
          }
        }
        await kernels.submit();
        kernels.closeCamera(other);
      }),
  },
  {
    name: "spots: points of both signs over noise, in many tiles",
    seeds: 16,
    run: (kernels, prng) => {
      const [widthPx, heightPx] = pick<[number, number]>(prng, [150, 70], [64, 128], [65, 65], [129, 41]);
      const limits = { spotsMax: pick(prng, 1, 6, 5000, 5000) };
      return onPoints(kernels, prng, { ...roomy(widthPx, heightPx), ...limits }, (camera, log) => {
        for (const snrMinQ4 of [1, 100, 400, 2 ** 14]) {
          kernels.spots(camera, { snrMinQ4, perTileMax: pick(prng, 1, 3, 40, 1024) });
          log.camera(camera, "spots");
        }
      });
    },
  },
  {
    name: "spots: equal scores side by side",
    seeds: 16,
    run: (kernels, prng) => {
      const [widthPx, heightPx] = [70 + prng.int(9), 27];
      const still = new Uint8Array(widthPx * heightPx).fill(100);
      const shape = pick(prng, isBlock, isLine, isDots, isStaircase);
      const level = pick(prng, 101, 130, 255, 60, 0);
      const drawn = still.map((c, i) => (shape(i % widthPx, Math.floor(i / widthPx)) ? level : c));
      return onCamera(kernels, { ...roomy(widthPx, heightPx), spotsMax: 2000 }, (camera, log) => {
        for (const frame of [still, still, drawn]) kernels.motion(camera, frame, gaussian({}, 0));
        for (const perTileMax of [1024, 2, 1]) {
          kernels.spots(camera, { snrMinQ4: 1, perTileMax });
          log.camera(camera, "spots");
        }
      });
    },
  },
  {
    name: "spots: pictures with little room or none",
    seeds: 24,
    run: (kernels, prng) => {
      const side = () => pick(prng, 1, 8, 9, 10, 13, 1 + prng.int(20));
      const [widthPx, heightPx] = [side(), side()];
      return onCamera(kernels, { ...roomy(widthPx, heightPx), spotsMax: 400 }, (camera, log) => {
        let frame = randomFrame(prng, widthPx * heightPx);
        for (let i = 0; i < 5; i++) {
          kernels.motion(camera, frame, gaussian({ varianceMinQ8: pick(prng, 16, 1000, 65_535) }, 0));
          kernels.spots(camera, { snrMinQ4: 1, perTileMax: 1024 });
          log.camera(camera, "spots");
          frame = changedFrame(prng, frame, pick(prng, 0.05, 1));
        }
      });
    },
  },
  {
    name: "spots: a picture of noise, past every cap",
    seeds: 8,
    run: (kernels, prng) => {
      const [widthPx, heightPx] = [133, 75];
      return onCamera(kernels, { ...roomy(widthPx, heightPx), spotsMax: 1 + prng.int(40) }, (camera, log) => {
        for (let i = 0; i < 3; i++) kernels.motion(camera, randomFrame(prng, widthPx * heightPx), gaussian({}, 0));
        for (const perTileMax of [1, 2, 7, 1024]) {
          kernels.spots(camera, { snrMinQ4: 1, perTileMax });
          log.camera(camera, "spots");
        }
      });
    },
  },
  {
    name: "spots: before motion, after other modes, and held over the next frame",
    seeds: 4,
    run: (kernels, prng) =>
      onCamera(kernels, { ...roomy(24, 20), spotsMax: 50 }, (camera, log) => {
        const modes: readonly MotionMode[] = ["diff", "gaussian", "gaussian", "average", "gaussian", "gaussian"];
        kernels.spots(camera, { snrMinQ4: 1, perTileMax: 5 });
        log.camera(camera, "spots");
        for (const mode of modes) {
          kernels.motion(camera, randomFrame(prng, 24 * 20), { ...gaussian({}, 10), mode });
          log.camera(camera, "spots");
          kernels.spots(camera, { snrMinQ4: 1, perTileMax: 5 });
          log.camera(camera, "spots");
        }
      }),
  },
];

function gaussian(some: Partial<GaussianParams>, threshold: number): MotionParams {
  const usual = { slowShift: 4, fastShift: 2, holdShift: 4, snrMinQ4: 256, varianceMinQ8: 64 };
  return { mode: "gaussian", threshold, gaussian: { ...usual, ...some } };
}

/** Each parameter at its least, at its greatest or in between. */
function randomGaussian(prng: Prng): MotionParams {
  const parameters = {
    slowShift: pick(prng, 1, 12, 1 + prng.int(12)),
    fastShift: pick(prng, 1, 8, 1 + prng.int(8)),
    holdShift: pick(prng, 0, 8, prng.int(9)),
    snrMinQ4: pick(prng, 1, 2 ** 14, 1 + prng.int(600)),
    varianceMinQ8: pick(prng, 16, 65_535, 16 + prng.int(2000)),
  };
  return gaussian(parameters, pick(prng, 0, 1, 5, prng.int(256), 254, 255));
}

/** Shows a camera seven frames of sky and a last one with points on it, some past its edges. */
function onPoints(kernels: Kernels, prng: Prng, spec: CameraSpec, body: Parameters<typeof onCamera>[2]) {
  const { widthPx, heightPx } = spec;
  const sky = smoothSky(prng, widthPx, heightPx);
  const amplitude = pick(prng, 2, 5, 12);
  return onCamera(kernels, spec, async (camera, log) => {
    for (let i = 0; i < 8; i++) {
      const frame = withNoise(prng, sky, amplitude);
      for (let point = 0; i === 7 && point < 40; point++) {
        const flux = (prng.int(2) === 0 ? -1 : 1) * (20 + prng.int(1500));
        addPoint(frame, widthPx, { x: prng.int(16 * widthPx) / 16, y: prng.int(16 * heightPx) / 16, flux });
      }
      kernels.motion(camera, frame, gaussian({ varianceMinQ8: 16 + prng.int(300) }, 3));
    }
    await body(camera, log);
  });
}

/** A slanted sky of grey levels 60 to 180. */
function smoothSky(prng: Prng, widthPx: number, heightPx: number): Uint8Array {
  const [slantX, slantY] = [prng.int(60), prng.int(60)];
  return new Uint8Array(widthPx * heightPx).map((_, i) => {
    const [x, y] = [i % widthPx, Math.floor(i / widthPx)];
    return 60 + Math.floor((slantX * x) / widthPx) + Math.floor((slantY * y) / heightPx);
  });
}

/** Adds noise of three dice with `amplitude` sides. */
function withNoise(prng: Prng, frame: Uint8Array, amplitude: number): Uint8Array {
  const die = () => prng.int(amplitude);
  return frame.map((level) => level + die() + die() - die());
}

/** Adds flux spread by [1 2 1] / 4 on each axis, then shared among the pixels around; x and y in whole 1/16 pixel. */
function addPoint(frame: Uint8Array, widthPx: number, point: { x: number; y: number; flux: number }): void {
  const heightPx = frame.length / widthPx;
  const share = (offset: number) =>
    [-1, 0, 1].reduce((sum, k) => sum + ((2 - Math.abs(k)) * Math.max(0, 1 - Math.abs(offset - k))) / 4, 0);
  for (let y = Math.floor(point.y) - 2; y <= point.y + 2; y++) {
    for (let x = Math.floor(point.x) - 2; x <= point.x + 2; x++) {
      if (x < 0 || y < 0 || x >= widthPx || y >= heightPx) continue;
      const level = frame[y * widthPx + x]! + Math.round(point.flux * share(x - point.x) * share(y - point.y));
      frame[y * widthPx + x] = Math.min(Math.max(level, 0), 255);
    }
  }
}

/** Blocks of 2, 3 and 4 pixels. */
function isBlock(x: number, y: number): boolean {
  const size = 2 + (Math.floor(x / 12) % 3);
  return x % 12 < size && y % 13 < size;
}

function isLine(x: number, y: number): boolean {
  return y === 8 || x === 63 || x === 64;
}

/** Lone pixels, so close that the ring of one holds others, and a pair across the border of two tiles. */
function isDots(x: number, y: number): boolean {
  return (x % 7 === 0 && y % 6 === 0) || (y === 21 && (x === 63 || x === 64));
}

function isStaircase(x: number, y: number): boolean {
  return (x - y + 64) % 16 === 0;
}

/**
 * Cases of the ops on a frame: `motion`, `cells` and `blobs`.
 *
 * Sizes run from one pixel to 128 by 96 and include odd widths, so that a backend that takes 32 pixels at a time meets every rest.
 * The first frame of a camera moves nothing; most cases therefore show two.
 */
import type { Prng } from "@skyvox/core";
import type { CameraSpec, Kernels, MotionMode } from "../src/mod.ts";
import type { ConformanceCase } from "./case.ts";
import { changedFrame, pick, randomFrame } from "./material.ts";
import { onCamera, type Reading } from "./reading-log.ts";

/** Cases of `motion`, `cells` and `blobs`. */
export const cameraCases: readonly ConformanceCase[] = [
  {
    name: "motion: random frames in every mode",
    seeds: 40,
    run: async (kernels, prng) => {
      const [widthPx, heightPx] = randomFrameSize(prng);
      const mode = pick<MotionMode>(prng, "diff", "sigmaDelta", "average");
      const threshold = pick(prng, 0, 1, 3, prng.int(256), 254, 255);
      return onCamera(kernels, roomy(widthPx, heightPx), async (camera, log) => {
        let frame = randomFrame(prng, widthPx * heightPx);
        for (let i = 0; i < 4; i++) {
          kernels.motion(camera, frame, { mode, threshold });
          log.camera(camera, "motion");
          if (i === 2) await kernels.submit();
          frame = changedFrame(prng, frame, pick(prng, 0.01, 0.3, 1));
        }
      });
    },
  },
  {
    name: "motion: the background over 60 frames",
    seeds: 9,
    run: (kernels, prng) => {
      const mode = pick<MotionMode>(prng, "diff", "sigmaDelta", "average");
      return onCamera(kernels, roomy(37, 3), (camera, log) => {
        for (let i = 0; i < 60; i++) {
          kernels.motion(camera, randomFrame(prng, 37 * 3), { mode, threshold: 40 });
          if (i % 10 === 9) log.camera(camera, "motion");
        }
      });
    },
  },
  {
    name: "motion: sigma-delta in larger steps",
    seeds: 12,
    run: async (kernels, prng) => {
      const [widthPx, heightPx] = randomFrameSize(prng);
      const step = pick(prng, 1, 2, 7, 1 + prng.int(255), 255);
      return onCamera(kernels, roomy(widthPx, heightPx), (camera, log) => {
        for (let i = 0; i < 6; i++) {
          const frame = randomFrame(prng, widthPx * heightPx);
          kernels.motion(camera, frame, { mode: "sigmaDelta", threshold: 20, step });
          log.camera(camera, "motion");
        }
      });
    },
  },
  {
    name: "motion: a change of mode starts over",
    seeds: 8,
    run: (kernels, prng) =>
      onCamera(kernels, roomy(33, 7), (camera, log) => {
        for (let i = 0; i < 9; i++) {
          const mode = pick<MotionMode>(prng, "diff", "sigmaDelta", "average");
          kernels.motion(camera, randomFrame(prng, 33 * 7), { mode, threshold: 100 });
          log.camera(camera, "motion");
        }
      }),
  },
  {
    name: "motion: no pixel, one pixel, every pixel",
    seeds: 6,
    run: (kernels, prng) => {
      const [widthPx, heightPx] = randomFrameSize(prng);
      const still = randomFrame(prng, widthPx * heightPx);
      const place = prng.int(still.length);
      const one = still.map((level, i) => (i === place ? level ^ 0x80 : level));
      const every = still.map((level) => level ^ 0x80);
      return onCamera(kernels, roomy(widthPx, heightPx), (camera, log) => {
        for (const frame of [still, still, one, still, every]) {
          kernels.motion(camera, frame, { mode: "diff", threshold: 127 });
          kernels.cells(camera, { shift: prng.int(6), pixelsMin: 1 });
          kernels.blobs(camera, { pixelsMin: 1 });
          for (const table of ["motion", "cells", "blobs"] as const) log.camera(camera, table);
        }
      });
    },
  },
  {
    name: "motion: tables before their ops have run are empty",
    seeds: 1,
    run: (kernels) =>
      onCamera(kernels, roomy(4, 4), (camera, log) => {
        for (const table of ["motion", "cells", "blobs"] as const) log.camera(camera, table);
      }),
  },
  {
    name: "cells: random lists, shifts and limits",
    seeds: 40,
    run: (kernels, prng) => {
      const limits = { cellsMax: pick(prng, 1, 7, 100_000) };
      return movingCamera(kernels, prng, limits, (camera, log) => {
        for (const shift of [0, 1, 2, 3, 4, 5]) {
          kernels.cells(camera, { shift, pixelsMin: pick(prng, 1, 1, 2, 5, 200) });
          log.camera(camera, "cells");
        }
      });
    },
  },
  {
    name: "blobs: random lists, densities and limits",
    seeds: 60,
    run: (kernels, prng) => {
      const limits = { blobsMax: pick(prng, 1, 4, 100_000) };
      return movingCamera(kernels, prng, limits, (camera, log) => {
        for (const pixelsMin of [1, 2, 9]) {
          kernels.blobs(camera, { pixelsMin });
          log.camera(camera, "blobs");
        }
      });
    },
  },
  {
    name: "blobs: spirals, combs and rings",
    seeds: 8,
    run: (kernels, prng) => {
      const [widthPx, heightPx] = [61, 37];
      const shape = pick(prng, isSpiral, isComb, isRing, isChecker);
      const still = new Uint8Array(widthPx * heightPx);
      const drawn = still.map((_, i) => (shape(i % widthPx, Math.floor(i / widthPx)) ? 10 + prng.int(200) : 0));
      return onCamera(kernels, roomy(widthPx, heightPx), (camera, log) => {
        for (const frame of [still, drawn]) kernels.motion(camera, frame, { mode: "diff", threshold: 0 });
        kernels.blobs(camera, { pixelsMin: 1 });
        log.camera(camera, "blobs");
      });
    },
  },
  {
    name: "motion: lists past every limit",
    seeds: 12,
    run: (kernels, prng) => {
      const limits = { motionMax: 1 + prng.int(600), cellsMax: 1 + prng.int(40), blobsMax: 1 + prng.int(40) };
      return movingCamera(kernels, prng, limits, (camera, log) => {
        kernels.cells(camera, { shift: 2, pixelsMin: 1 });
        kernels.blobs(camera, { pixelsMin: 1 });
        for (const table of ["motion", "cells", "blobs"] as const) log.camera(camera, table);
      });
    },
  },
];

/** A picture size of one pixel to 128 by 96, mostly odd. */
export function randomFrameSize(prng: Prng): [number, number] {
  return pick<[number, number]>(
    prng,
    [61, 37],
    [128, 96],
    [1, 1],
    [1, 70],
    [129, 2],
    [prng.int(70) + 1, prng.int(40) + 1],
  );
}

/** A camera whose tables hold a row per pixel. */
export function roomy(widthPx: number, heightPx: number): CameraSpec {
  const rowsMax = widthPx * heightPx;
  return { widthPx, heightPx, motionMax: rowsMax, cellsMax: rowsMax, blobsMax: rowsMax };
}

/** Runs `body` on a camera whose second frame has moved. */
function movingCamera(
  kernels: Kernels,
  prng: Prng,
  limits: Partial<CameraSpec>,
  body: Parameters<typeof onCamera>[2],
): Promise<Reading[]> {
  const [widthPx, heightPx] = randomFrameSize(prng);
  const still = randomFrame(prng, widthPx * heightPx);
  const changed = changedFrame(prng, still, pick(prng, 0.02, 0.1, 0.35, 0.7, 1));
  return onCamera(kernels, { ...roomy(widthPx, heightPx), ...limits }, async (camera, log) => {
    for (const frame of [still, changed]) kernels.motion(camera, frame, { mode: "sigmaDelta", threshold: 1 });
    await body(camera, log);
  });
}

/** Rings open at one pixel and joined there to the next ring in: one blob whose ends are far apart in raster order. */
function isSpiral(x: number, y: number): boolean {
  const ring = Math.min(x, y, 60 - x, 36 - y);
  const isGate = x === ring && y === ring + 1;
  return (ring % 2 === 0) !== isGate;
}

/** A comb whose teeth join in the last row only: late merges of many labels. */
function isComb(x: number, y: number): boolean {
  return x % 2 === 0 || y === 36;
}

/** Nested closed rings, not connected. */
function isRing(x: number, y: number): boolean {
  return Math.min(x, y, 60 - x, 36 - y) % 2 === 0;
}

/** A chequer board: connected by corners alone. */
function isChecker(x: number, y: number): boolean {
  return (x + y) % 2 === 0;
}

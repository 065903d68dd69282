/**
 * Noise of a sensor and the step to whole grey levels: `[heightPx, widthPx]` float32 in, uint8 out.
 *
 * Every pixel gets level · (1 + its response error) + sigma(level) · a normal number, rounded. Normal numbers come from one table, each row
 * of each frame from its own random place, which costs a tenth of drawing them; the response errors are those of a row's fixed place, so
 * they stay with the pixel.
 */
import { assert, createPrng, type Prng } from "@skyvox/core";
import { noiseSigmaGrey, type Sensor } from "./sensor.ts";

/** The noise of one camera. */
export interface SensorNoise {
  /** Writes a frame; `frameIndex` picks the noise. */
  expose(frameIndex: number, level: Float32Array, out: Uint8Array): void;
}

/** Prepares the noise of a sensor of so many pixels a row; `prng` is the camera's own. */
export function createSensorNoise(sensor: Sensor, widthPx: number, heightPx: number, prng: Prng): SensorNoise {
  assert(widthPx <= TABLE_LENGTH, "a row is not longer than the table of noise");
  const normals = sharedNormals();
  const sigmas = Float32Array.from({ length: 257 }, (_, grey) => noiseSigmaGrey(sensor, grey));
  const rowPrng = prng.fork("rows");
  const responsePlaces = Uint32Array.from({ length: heightPx }, () => rowPrng.int(TABLE_LENGTH - widthPx + 1));
  return {
    expose(frameIndex, level, out) {
      const framePrng = prng.fork(`frame ${frameIndex}`);
      for (let row = 0; row < heightPx; row++) {
        const noisePlace = framePrng.int(TABLE_LENGTH - widthPx + 1);
        const responsePlace = responsePlaces[row]!;
        const start = row * widthPx;
        for (let x = 0; x < widthPx; x++) {
          const exact = level[start + x]! * (1 + sensor.responseSigma * normals[responsePlace + x]!);
          const sigma = sigmas[(Math.min(256, Math.max(0, exact)) + 0.5) | 0]!;
          const grey = exact + sigma * normals[noisePlace + x]! + 0.5;
          out[start + x] = grey < 0 ? 0 : grey > 255 ? 255 : grey;
        }
      }
    },
  };
}

let tabulated: Float32Array | null = null;

/** The table is the same for all cameras and made once, of mean 0 and sigma 1; where a row begins in it is what differs. */
function sharedNormals(): Float32Array {
  if (tabulated !== null) return tabulated;
  const prng = createPrng(TABLE_SEED);
  const drawn = Float32Array.from({ length: TABLE_LENGTH }, () => prng.normal());
  const mean = drawn.reduce((sum, it) => sum + it, 0) / TABLE_LENGTH;
  const sigma = Math.sqrt(drawn.reduce((sum, it) => sum + (it - mean) ** 2, 0) / TABLE_LENGTH);
  tabulated = drawn.map((it) => (it - mean) / sigma);
  return tabulated;
}

/** A million numbers reach 4.9 sigmas. */
const TABLE_LENGTH = 2 ** 20;
const TABLE_SEED = 0x5e_1f;

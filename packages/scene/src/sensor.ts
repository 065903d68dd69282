/**
 * What a sensor makes of light: how many grey levels the sky is, and how noisy a grey level.
 *
 * Visible: a lens of f-number N images a sky of radiance L with the irradiance π L T / (4 N²); a pixel turns photons of 550 nm into
 * electrons. The exposure is at most 1/500 s and is cut so that the sky fills the well to 10.5 ke-: the noise of a pixel is that of counting
 * (variance = electrons) and of reading (2.5 e-). At such counts Poisson's law is normal to 1 %. Thermal: the noise is stated as the
 * temperature difference that equals it (NETD) and does not depend on the level.
 */
import { assert } from "@skyvox/core";

/** A sensor behind its lens, in grey levels of 8 bits. */
export interface Sensor {
  readonly kind: "mono" | "thermal";
  /** Angle of a pixel, radians. */
  readonly pixelAngleRad: number;
  /** One sigma of the optical point spread, in pixels; the pixel's square comes on top. */
  readonly spreadPx: number;
  readonly exposureS: number;
  /** Grey level of the clear sky. */
  readonly skyGrey: number;
  /** Variance of the noise at grey level 0, and what each level adds, in square grey levels. */
  readonly noiseFloorGrey2: number;
  readonly noisePerGrey: number;
  /** One sigma of how much pixels differ in response, as a share of the level. */
  readonly responseSigma: number;
  /** Grey levels of one kelvin; null for a visible sensor. */
  readonly greyPerKelvin: number | null;
}

/** Makes a visible sensor of 3.2 µm pixels. */
export function monoSensor(lens: { readonly focalMm: number; readonly fNumber: number }): Sensor {
  const { focalMm, fNumber } = lens;
  assert(focalMm > 0, "a lens has a focal length above 0");
  assert(fNumber > 0, "a lens has an f-number above 0");
  const irradiance = (Math.PI * SKY_RADIANCE * OPTICS_TRANSMISSION) / (4 * fNumber * fNumber);
  const electronsPerS = (irradiance * MONO_PITCH_M ** 2 * QUANTUM_EFFICIENCY * WAVELENGTH_M) / PLANCK_TIMES_LIGHT;
  const exposureS = Math.min(EXPOSURE_S_MAX, WELL_ELECTRONS / electronsPerS);
  const greyPerElectron = MONO_SKY_GREY / WELL_ELECTRONS;
  return {
    kind: "mono",
    pixelAngleRad: MONO_PITCH_M / (focalMm * 1e-3),
    spreadPx: SPREAD_PX,
    exposureS,
    skyGrey: electronsPerS * exposureS * greyPerElectron,
    noiseFloorGrey2: (READ_ELECTRONS * greyPerElectron) ** 2,
    noisePerGrey: greyPerElectron,
    responseSigma: RESPONSE_SIGMA,
    greyPerKelvin: null,
  };
}

/** Makes a thermal sensor (8 to 12 µm) of 12 µm pixels. */
export function thermalSensor(lens: { readonly focalMm: number; readonly netdMk: number }): Sensor {
  const { focalMm, netdMk } = lens;
  assert(focalMm > 0, "a lens has a focal length above 0");
  assert(netdMk > 0, "a thermal sensor has noise");
  const greyPerKelvin = THERMAL_NOISE_GREY / (netdMk * 1e-3);
  return {
    kind: "thermal",
    pixelAngleRad: THERMAL_PITCH_M / (focalMm * 1e-3),
    spreadPx: SPREAD_PX,
    exposureS: THERMAL_EXPOSURE_S,
    skyGrey: THERMAL_SKY_GREY,
    noiseFloorGrey2: THERMAL_NOISE_GREY ** 2,
    noisePerGrey: 0,
    responseSigma: 0,
    greyPerKelvin,
  };
}

/** Returns one sigma of a pixel's noise at a grey level, before rounding to whole levels. */
export function noiseSigmaGrey(sensor: Sensor, grey: number): number {
  return Math.sqrt(sensor.noiseFloorGrey2 + sensor.noisePerGrey * Math.max(0, grey));
}

/** Radiance of a bright sky, W/(m² sr); assumed. */
const SKY_RADIANCE = 100;
const OPTICS_TRANSMISSION = 0.8;
const QUANTUM_EFFICIENCY = 0.6;
const WAVELENGTH_M = 550e-9;
/** h c in J m (CODATA 2018). */
const PLANCK_TIMES_LIGHT = 6.62607015e-34 * 299792458;
const MONO_PITCH_M = 3.2e-6;
const EXPOSURE_S_MAX = 1 / 500;
const WELL_ELECTRONS = 10_500;
const READ_ELECTRONS = 2.5;
/** Leaves room above the sky for clouds. */
const MONO_SKY_GREY = 180;
const SPREAD_PX = 0.85;
const RESPONSE_SIGMA = 0.005;
const THERMAL_PITCH_M = 12e-6;
const THERMAL_EXPOSURE_S = 1 / 100;
const THERMAL_SKY_GREY = 90;
/** Noise of a thermal pixel, grey levels: rounding to whole levels adds 3 % to it. */
const THERMAL_NOISE_GREY = 1.2;

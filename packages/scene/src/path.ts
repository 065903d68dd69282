/**
 * Flight paths: position and velocity as pure functions of time.
 *
 * A path is a sum of sinusoids per axis, so it is smooth, bounded by the sum of its amplitudes, and its velocity is the exact derivative.
 * Lissajous curves, orbits, figures of eight and slow wander are all such sums; hovering and diving warp the time along one.
 */
import { createPrng, type Prng, type Vec3 } from "@skyvox/core";

/** Where something is and how it moves: metres and metres per second, local east-north-up. */
export interface PathState {
  readonly positionEnuM: Vec3;
  readonly velocityEnuMps: Vec3;
}

/** A motion for all times, in seconds of the scene. */
export type Path = (tSeconds: number) => PathState;

/** One sinusoid per axis: amplitude · sin(rate · t + phase). */
export interface Harmonic {
  readonly amplitudeM: Vec3;
  readonly rateRadps: Vec3;
  readonly phaseRad: Vec3;
}

/** Makes the path of a centre and a sum of harmonics; it never leaves the centre by more than the sum of amplitudes. */
export function harmonicPath(centreEnuM: Vec3, harmonics: readonly Harmonic[]): Path {
  return (tSeconds) => {
    const position: [number, number, number] = [...centreEnuM];
    const velocity: [number, number, number] = [0, 0, 0];
    for (const { amplitudeM, rateRadps, phaseRad } of harmonics) {
      for (const axis of AXES) {
        const angle = rateRadps[axis] * tSeconds + phaseRad[axis];
        position[axis] += amplitudeM[axis] * Math.sin(angle);
        velocity[axis] += amplitudeM[axis] * rateRadps[axis] * Math.cos(angle);
      }
    }
    return { positionEnuM: position, velocityEnuMps: velocity };
  };
}

/** Makes a harmonic that circles in the horizontal plane, counter-clockwise seen from above for a positive rate. */
export function circling(radiusM: number, rateRadps: number, phaseRad: number): Harmonic {
  return {
    amplitudeM: [radiusM, radiusM, 0],
    rateRadps: [rateRadps, rateRadps, 0],
    phaseRad: [phaseRad + Math.PI / 2, phaseRad, 0],
  };
}

/** Makes a harmonic that moves one axis only: 0 east, 1 north, 2 up. */
export function swinging(axis: 0 | 1 | 2, amplitudeM: number, rateRadps: number, phaseRad: number): Harmonic {
  const along = (value: number): Vec3 => [axis === 0 ? value : 0, axis === 1 ? value : 0, axis === 2 ? value : 0];
  return { amplitudeM: along(amplitudeM), rateRadps: along(rateRadps), phaseRad: along(phaseRad) };
}

/** Makes two slow harmonics without a common period: the drift of something that is steered by hand or by wind. */
export function wandering(amplitudeM: Vec3, seed: number): readonly Harmonic[] {
  const prng = createPrng(seed).fork("wander");
  const axes = (draw: () => number): Vec3 => [draw(), draw(), draw()];
  const phase = () => prng.uniform(0, 2 * Math.PI);
  const harmonic = (share: number, low: number, high: number, random: Prng): Harmonic => ({
    amplitudeM: [amplitudeM[0] * share, amplitudeM[1] * share, amplitudeM[2] * share],
    rateRadps: axes(() => random.uniform(low, high)),
    phaseRad: axes(phase),
  });
  return [harmonic(0.65, 0.05, 0.11, prng), harmonic(0.35, 0.17, 0.31, prng)];
}

/**
 * Stops and goes along a path: `stopCount` rests per period, each about a third of its share of the period long.
 *
 * The time along the path is x - sin(2 pi x) / (2 pi), applied twice: the speed falls to zero at every whole x and stays low around it.
 */
export function stopAndGo(path: Path, options: { readonly periodS: number; readonly stopCount: number }): Path {
  const legS = options.periodS / options.stopCount;
  return (tSeconds) => {
    const first = rest(tSeconds / legS);
    const second = rest(first.value);
    return alongPath(path, second.value * legS, first.rate * second.rate);
  };
}

/**
 * Hurries through one half of every period and dawdles through the other; `unevenness` in [0, 1) is by how much.
 *
 * With the height of a path on the same period this makes a slow climb and a steep dive.
 */
export function hurry(path: Path, options: { readonly periodS: number; readonly unevenness: number }): Path {
  const rate = (2 * Math.PI) / options.periodS;
  return (tSeconds) => {
    const warpedS = tSeconds + (options.unevenness / rate) * Math.sin(rate * tSeconds);
    return alongPath(path, warpedS, 1 + options.unevenness * Math.cos(rate * tSeconds));
  };
}

function alongPath(path: Path, warpedS: number, rate: number): PathState {
  const { positionEnuM, velocityEnuMps } = path(warpedS);
  return {
    positionEnuM,
    velocityEnuMps: [velocityEnuMps[0] * rate, velocityEnuMps[1] * rate, velocityEnuMps[2] * rate],
  };
}

function rest(x: number): { readonly value: number; readonly rate: number } {
  const angle = 2 * Math.PI * x;
  return { value: x - Math.sin(angle) / (2 * Math.PI), rate: 1 - Math.cos(angle) };
}

const AXES = [0, 1, 2] as const;

/**
 * Pairs of targets that cross: from the scan in which they are nearest, each path is drawn forwards and backwards.
 *
 * Crossings lie on a grid a tenth of the box apart, so that a pair meets no other there, and between a third and two thirds of the run.
 */
import type { Vec3 } from "@skyvox/core";
import type { NumpyRandom } from "./numpy-random.ts";
import type { PathState } from "./path.ts";
import { type NextStates, wander } from "./wandering-paths.ts";

/** How far apart the two of a pair are when they cross: less than two standard deviations of a detection, metres. */
const MISS_MAX_M = 1;
const SPEED_MPS = [10, 20] as const;
/** Between the headings of a pair: flat enough to stay near each other for several scans. */
const ANGLE_RAD = [Math.PI / 18, (4 * Math.PI) / 18] as const;

/** What the paths must know of their scene. */
export interface CrossingOptions {
  readonly targetCount: number;
  readonly boxM: Vec3;
  readonly scanCount: number;
}

/** Draws all paths; targets 2k and 2k + 1 are a pair. */
export function crossingPaths(random: NumpyRandom, options: CrossingOptions): NextStates {
  const paths: PathState[][] = [];
  for (let pair = 0; pair < options.targetCount / 2; pair++) paths.push(...crossingPair(random, options, pair));
  let scan = 0;
  return () => {
    const states = paths.map((path) => path[scan]!);
    scan++;
    return states;
  };
}

function crossingPair(random: NumpyRandom, { boxM, scanCount }: CrossingOptions, pair: number): PathState[][] {
  const column = pair % 10;
  const row = Math.floor(pair / 10) % 10;
  const crossing: Vec3 = [
    (column + 0.5) * (boxM[0] / 10),
    (row + 0.5) * (boxM[1] / 10),
    random.uniform(0.2, 0.8) * boxM[2],
  ];
  const scan = Math.floor(random.uniform(scanCount / 3, (2 * scanCount) / 3));
  const headingRad = random.uniform(0, 2 * Math.PI);
  const angleRad = random.uniform(...ANGLE_RAD);
  const missRad = random.uniform(0, 2 * Math.PI);
  const missM = random.uniform(0, MISS_MAX_M);
  return [-0.5, 0.5].map((side) => {
    const speedMps = random.uniform(...SPEED_MPS);
    const turned = headingRad + side * angleRad;
    const start: PathState = {
      positionEnuM: [
        crossing[0] + side * missM * Math.cos(missRad),
        crossing[1] + side * missM * Math.sin(missRad),
        crossing[2],
      ],
      velocityEnuMps: [speedMps * Math.cos(turned), speedMps * Math.sin(turned), random.uniform(-1, 1)],
    };
    const later = walk(random, start, scanCount - 1 - scan);
    // Backwards in time the same walk with the velocity reversed.
    const earlier = walk(random, reversed(start), scan).map(reversed);
    return [...earlier.reverse(), start, ...later];
  });
}

function reversed({ positionEnuM, velocityEnuMps: [e, n, u] }: PathState): PathState {
  return { positionEnuM, velocityEnuMps: [-e, -n, -u] };
}

function walk(random: NumpyRandom, { positionEnuM, velocityEnuMps }: PathState, scanCount: number): PathState[] {
  const position = [...positionEnuM] as [number, number, number];
  const velocity = [...velocityEnuMps] as [number, number, number];
  return Array.from({ length: scanCount }, () => {
    for (let axis = 0; axis < 3; axis++) wander(random, position, velocity, axis);
    return { positionEnuM: [...position], velocityEnuMps: [...velocity] };
  });
}

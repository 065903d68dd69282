/**
 * Holds camera centres against surveyed places: which row is which camera's, how far they are off, and whether rows were mixed up.
 *
 * A survey has a frame of its own, so only shapes are compared: after the best similarity (or rigid motion). Rows without names are given to
 * cameras in the order that fits best; named rows are taken at their word, and the best order is told where it fits much better.
 */
import { assert, distance, type Vec3 } from "@skyvox/core";
import { fitSimilarity, moved, type Similarity, spreadM } from "./similarity-fit.ts";

/** A camera with the row that was found to be its own. */
export interface SurveyPair {
  readonly camera: number;
  readonly row: number;
}

/** How survey and calibration agree. */
export interface SurveyMatch {
  readonly pairs: readonly SurveyPair[];
  /** Leads from the survey's frame to the cameras'. */
  readonly surveyToWorld: Similarity;
  /** `[pairs]` metres between a camera and its row. */
  readonly errorsM: readonly number[];
  readonly rmsM: number;
  /** Root mean square of the best other order, metres; infinite where there is none. */
  readonly nextRmsM: number;
  /** A better order than that of the names, where there is one. */
  readonly betterOrder: readonly SurveyPair[] | null;
}

/** With more cameras than this rows need names: orders are tried one by one. */
export const UNNAMED_MAX = 8;
/** Named rows are doubted when another order fits this much better. */
const DOUBT_FACTOR = 4;
/** A survey whose second extent is below this share of its first lies on a line. */
const LINE_SHARE = 0.02;

/** True where places lie so nearly on a line that the turn about it stays open. */
export function isOnLine(places: readonly Vec3[]): boolean {
  const spread = spreadM(places);
  return places.length < 3 || spread[1] < LINE_SHARE * spread[0];
}

/**
 * Matches rows to cameras.
 *
 * @param names per row the index of its camera, or -1 where the row has no name. Either all rows have names or none.
 * @param scaled whether the scale is fitted too.
 */
export function matchSurvey(
  centresM: readonly Vec3[],
  rowsM: readonly Vec3[],
  names: readonly number[],
  scaled: boolean,
): SurveyMatch {
  assert(rowsM.length > 0, "a survey has a row");
  const isNamed = names.every((camera) => camera >= 0);
  const named = names.map((camera, row) => ({ camera, row }));
  const canReorder = rowsM.length === centresM.length && rowsM.length <= UNNAMED_MAX;
  const orders = canReorder
    ? permutations(rowsM.length).map((order) => order.map((camera, row) => ({ camera, row })))
    : [];
  const rated = orders
    .map((pairs) => ({ pairs, rms: rmsOf(centresM, rowsM, pairs, scaled) }))
    .sort((a, b) => a.rms - b.rms);
  const pairs = isNamed ? named : (rated[0]?.pairs ?? []);
  assert(pairs.length > 0, "rows without names are as many as cameras, and not too many to try");
  const rmsM = rmsOf(centresM, rowsM, pairs, scaled);
  const best = rated[0];
  const isDoubtful = isNamed && best !== undefined && best.rms * DOUBT_FACTOR < rmsM;
  const fit = fitPairs(centresM, rowsM, pairs, scaled);
  const other = rated.find(({ pairs: order }) => order.some(({ camera }, row) => camera !== pairs[row]!.camera));
  return {
    pairs,
    surveyToWorld: fit,
    errorsM: pairs.map(({ camera, row }) => distance(moved(fit, rowsM[row]!), centresM[camera]!)),
    rmsM,
    nextRmsM: other?.rms ?? Number.POSITIVE_INFINITY,
    betterOrder: isDoubtful ? best.pairs : null,
  };
}

function fitPairs(
  centresM: readonly Vec3[],
  rowsM: readonly Vec3[],
  pairs: readonly SurveyPair[],
  scaled: boolean,
): Similarity {
  return fitSimilarity(
    pairs.map(({ row }) => rowsM[row]!),
    pairs.map(({ camera }) => centresM[camera]!),
    scaled,
  );
}

function rmsOf(
  centresM: readonly Vec3[],
  rowsM: readonly Vec3[],
  pairs: readonly SurveyPair[],
  scaled: boolean,
): number {
  const fit = fitPairs(centresM, rowsM, pairs, scaled);
  const square = pairs.reduce(
    (sum, { camera, row }) => sum + distance(moved(fit, rowsM[row]!), centresM[camera]!) ** 2,
    0,
  );
  return Math.sqrt(square / pairs.length);
}

/** All orders of 0 … count - 1. */
function permutations(count: number): number[][] {
  if (count === 0) return [[]];
  return permutations(count - 1).flatMap((order) =>
    Array.from({ length: count }, (_, at) => [...order.slice(0, at), count - 1, ...order.slice(at)]),
  );
}

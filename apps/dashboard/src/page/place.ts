import type { Point } from "./geometry.ts";
import type { LiveState } from "./live-state.ts";

/** A place a person asks about: a fixed one, or wherever a true target is. */
export interface Place {
  readonly label: string;
  readonly positionM: Point;
  /** Name of the true target whose place is meant, or null. */
  readonly truthName: string | null;
}

/** Where a place is now: a true target's moves. */
export function positionOfPlace(place: Place, state: Pick<LiveState, "truth">): Point {
  return state.truth.find(({ name }) => name === place.truthName)?.positionM ?? place.positionM;
}

/** True targets that no track follows, as places to ask about. */
export function missedTruth(state: Pick<LiveState, "truth" | "errors">): Place[] {
  const followed = new Set([...state.errors.values()].map(({ name }) => name));
  return state.truth
    .filter(({ name }) => !followed.has(name))
    .map(({ name, positionM }) => ({ label: name, positionM, truthName: name }));
}

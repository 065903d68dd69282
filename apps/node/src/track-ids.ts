/**
 * The names of tracks across nodes: whoever takes over from a leader goes on with the leader's ids.
 *
 * Every node that may lead runs a tracker of its own on the detections the leader publishes, so it has the same tracks, under ids of its
 * own. While it follows it learns which of its tracks is which of the leader's: the nearest one, within what both know of its place.
 * When it leads it reports its tracks under the learnt ids, and new ones under ids the leader never gave. A node that never followed
 * reports its own ids as they are.
 *
 * Kept through a change of leaders: id, state and history of every track that both had. Not kept: a track that the successor's tracker had
 * not begun, as when it joined less than a few frame sets before; it is begun anew.
 */
import { distance, type TrackId, type TrackUpdate, trackId } from "@skyvox/core";

/** Two estimates of one target lie apart by this many standard deviations of both at most. */
const SIGMAS_MAX = 4;

/** Learns and gives the names of tracks; see the head of this file. */
export class TrackIds {
  readonly #nameOf = new Map<TrackId, TrackId>();
  #highest = 0;
  #hasFollowed = false;

  /** Takes the leader's tracks of a frame set and the own tracker's; learns which is which. */
  follow(own: readonly TrackUpdate[], told: readonly TrackUpdate[]): void {
    this.#hasFollowed = true;
    for (const { id } of told) this.#highest = Math.max(this.#highest, id);
    const alive = new Map(told.filter(({ state }) => state !== "deleted").map((track) => [track.id, track]));
    const nameless: TrackUpdate[] = [];
    const taken = new Set<TrackId>();
    for (const track of own) {
      const name = this.#nameOf.get(track.id);
      const named = name === undefined ? undefined : alive.get(name);
      if (track.state !== "deleted" && named !== undefined && isNear(track, named)) {
        taken.add(named.id);
        continue;
      }
      this.#nameOf.delete(track.id);
      if (track.state !== "deleted") nameless.push(track);
    }
    const free = [...alive.values()].filter(({ id }) => !taken.has(id));
    for (const { track, other } of nearestFirst(nameless, free)) {
      if (this.#nameOf.has(track.id) || taken.has(other.id)) continue;
      this.#nameOf.set(track.id, other.id);
      taken.add(other.id);
    }
  }

  /** Returns the own tracker's updates under the names they are published by, ordered by them. */
  name(own: readonly TrackUpdate[]): readonly TrackUpdate[] {
    if (!this.#hasFollowed) return own;
    const named = own.map((track) => ({ ...track, id: this.#name(track.id) }));
    for (const { id, state } of own) if (state === "deleted") this.#nameOf.delete(id);
    return named.sort((a, b) => a.id - b.id);
  }

  #name(id: TrackId): TrackId {
    const known = this.#nameOf.get(id);
    if (known !== undefined) return known;
    this.#highest += 1;
    const name = trackId(this.#highest);
    this.#nameOf.set(id, name);
    return name;
  }
}

function nearestFirst(
  tracks: readonly TrackUpdate[],
  others: readonly TrackUpdate[],
): { readonly track: TrackUpdate; readonly other: TrackUpdate }[] {
  const pairs = tracks.flatMap((track) =>
    others.flatMap((other) => (isNear(track, other) ? [{ track, other, apartM: apartM(track, other) }] : [])),
  );
  return pairs.sort((a, b) => a.apartM - b.apartM || a.track.id - b.track.id || a.other.id - b.other.id);
}

function isNear(a: TrackUpdate, b: TrackUpdate): boolean {
  return apartM(a, b) <= SIGMAS_MAX * Math.sqrt(varianceM2(a) + varianceM2(b));
}

function apartM(a: TrackUpdate, b: TrackUpdate): number {
  return distance(a.positionEnuM, b.positionEnuM);
}

/** The largest variance of the position along an axis. */
function varianceM2({ covariance }: TrackUpdate): number {
  return Math.max(covariance[0]!, covariance[7]!, covariance[14]!);
}

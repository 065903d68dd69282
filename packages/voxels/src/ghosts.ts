/**
 * Drops what stands only where lines of sight to other targets cross.
 *
 * Two targets seen by several cameras leave false crossings whose blobs, view by view, all belong to one target or the other. Strongest
 * first (most cameras, then most weight, then place), each candidate claims its blobs; one that shows blobs in two views or more, none
 * of them its own, explains nothing new and is dropped. So is one that shows blobs in `viewsMin` views but its own in fewer than
 * `viewsMin - 1`, and with these the loose ends of a body whose blob is claimed already. Where fewer blobs are seen (a thing too small
 * to make one) there is nothing to judge by, and the candidate stays.
 */
import type { Candidate } from "./candidate.ts";

/** Returns the candidates worth keeping, strongest first. */
export function dropGhosts(candidates: readonly Candidate[], viewsMin: number): Candidate[] {
  const claimed = new Map<number, Set<number>>();
  return candidates.toSorted(byStrength).filter((candidate) => {
    let seen = 0;
    let fresh = 0;
    for (const { view, touched } of candidate.sightings) {
      if (touched.length === 0) continue;
      seen++;
      if (touched.some((blob) => claimed.get(view.index)?.has(blob) !== true)) fresh++;
    }
    if (seen >= 2 && fresh === 0) return false;
    if (seen >= viewsMin && fresh < viewsMin - 1) return false;
    for (const { view, own } of candidate.sightings) {
      const blobs = claimed.get(view.index) ?? new Set();
      for (const blob of own) blobs.add(blob);
      claimed.set(view.index, blobs);
    }
    return true;
  });
}

function byStrength(a: Candidate, b: Candidate): number {
  return (
    b.viewCount - a.viewCount ||
    b.weight - a.weight ||
    a.positionEnuM[0] - b.positionEnuM[0] ||
    a.positionEnuM[1] - b.positionEnuM[1] ||
    a.positionEnuM[2] - b.positionEnuM[2]
  );
}

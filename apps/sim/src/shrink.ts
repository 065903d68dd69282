import type { Episode, Fault } from "./faults.ts";

/**
 * Leaves out faults one after the other for as long as the run still breaks, so that what is left is needed for it: no single fault
 * of the result can be left out.
 *
 * @param breaks runs the seed with some episodes.
 */
export function shrinkEpisodes(
  episodes: readonly Episode[],
  breaks: (episodes: readonly Episode[]) => boolean,
): readonly Episode[] {
  let smallest = episodes;
  for (let isSmaller = true; isSmaller; ) {
    isSmaller = false;
    for (const fault of smallest.flatMap(({ faults }) => faults)) {
      const candidate = without(smallest, fault);
      if (!breaks(candidate)) continue;
      smallest = candidate;
      isSmaller = true;
    }
  }
  return smallest;
}

function without(episodes: readonly Episode[], fault: Fault): Episode[] {
  return episodes.map((episode) => ({ ...episode, faults: episode.faults.filter((other) => other !== fault) }));
}

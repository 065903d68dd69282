/**
 * What goes wrong in a run and when: a list drawn from the seed beforehand, so that single faults can be left out and the rest replayed.
 *
 * A run is made of episodes. In each, some faults begin; all of them end, then the cluster has time to recover and must be whole.
 */
import type { Prng } from "@skyvox/core";

/** One fault; `node` and `other` are indices. */
export type Fault = { readonly atMs: number; readonly forMs: number } & (
  | { readonly kind: "kill"; readonly node: number }
  | { readonly kind: "freeze"; readonly node: number }
  | { readonly kind: "cut"; readonly node: number; readonly other: number; readonly isOneWay: boolean }
  /** All ways from and to a node, or only those to it. */
  | { readonly kind: "isolate"; readonly node: number; readonly isOneWay: boolean }
  /** The nodes below `node` from the others. */
  | { readonly kind: "split"; readonly node: number }
  | { readonly kind: "storm"; readonly lossRate: number; readonly duplicateRate: number; readonly delayMsTail: number }
  /** The engine drops the connection of a node that lives. */
  | { readonly kind: "reset"; readonly node: number }
  /** All engine hosts die at once; another node makes the engine anew, and its store is empty. */
  | { readonly kind: "kill-engine" }
  | { readonly kind: "hand-over" }
  /** What happens to the master, whichever node that is: cut off, still, or cut off from one node first and from all a little later. */
  | { readonly kind: "strike-master"; readonly blow: "isolate" | "freeze" | "desert"; readonly node: number }
  | { readonly kind: "drain"; readonly node: number }
);

/** A stretch of a run; `isSingle` where it holds one kill on a calm network, whose recovery is held to the tighter limits. */
export interface Episode {
  readonly startMs: number;
  readonly endMs: number;
  readonly isSingle: boolean;
  readonly faults: readonly Fault[];
}

const EPISODES = 3;
const EPISODE_MS = 6000;
/** After the last fault of an episode has ended. */
export const RECOVERY_MS = 6000;
const FAULTS_MAX = 6;

/** Draws the episodes of a run with some nodes; the first begins at `startMs`. */
export function drawEpisodes(prng: Prng, options: { readonly nodes: number; readonly startMs: number }): Episode[] {
  const episodes: Episode[] = [];
  let startMs = options.startMs;
  for (let i = 0; i < EPISODES; i++) {
    const isSingle = prng.int(3) === 0;
    const endMs = startMs + EPISODE_MS;
    const faults = isSingle
      ? [{ kind: "kill" as const, node: prng.int(options.nodes), atMs: startMs + prng.uniform(0, 300), forMs: 4000 }]
      : Array.from({ length: 1 + prng.int(FAULTS_MAX) }, () => drawFault(prng, options.nodes, startMs, endMs));
    episodes.push({ startMs, endMs, isSingle, faults: faults.sort((a, b) => a.atMs - b.atMs) });
    startMs = endMs + RECOVERY_MS;
  }
  return episodes;
}

function drawFault(prng: Prng, nodes: number, startMs: number, endMs: number): Fault {
  const atMs = prng.uniform(startMs, endMs - 500);
  // Short and long spells are as likely: most limits lie between.
  const forMs = Math.min(endMs - atMs, 100 * 2 ** prng.uniform(0, 6));
  const node = prng.int(nodes);
  const isOneWay = prng.int(2) === 0;
  const when = { atMs, forMs };
  switch (prng.int(16)) {
    case 0:
    case 1:
    case 2:
      return { ...when, kind: "kill", node };
    case 3:
    case 4:
      return { ...when, kind: "freeze", node };
    case 5:
      return { ...when, kind: "cut", node, other: (node + 1 + prng.int(nodes - 1)) % nodes, isOneWay };
    case 6:
    case 7:
      return { ...when, kind: "isolate", node, isOneWay };
    case 8:
      return { ...when, kind: "split", node: 1 + prng.int(nodes - 1) };
    case 9:
      return {
        ...{ ...when, kind: "storm", lossRate: prng.uniform(0, 0.3), duplicateRate: prng.uniform(0, 0.3) },
        delayMsTail: 0.2 * 2 ** prng.uniform(0, 11),
      };
    case 10:
      return { ...when, kind: "reset", node };
    case 11:
      return prng.int(2) === 0 ? { ...when, kind: "kill-engine" } : { ...when, kind: "drain", node };
    case 12:
      return { ...when, kind: "hand-over" };
    default:
      return { ...when, kind: "strike-master", node, blow: (["isolate", "freeze", "desert"] as const)[prng.int(3)]! };
  }
}

/** Says a fault in one line. */
export function tellFault(fault: Fault): string {
  const { kind, atMs, forMs, ...rest } = fault;
  const details = Object.entries(rest).map(
    ([name, value]) => `${name}=${typeof value === "number" && !Number.isInteger(value) ? value.toFixed(3) : value}`,
  );
  return [`${(atMs / 1000).toFixed(3)} s ${kind}`, ...details, `for ${Math.round(forMs)} ms`].join(" ");
}

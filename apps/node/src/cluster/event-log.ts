import { wallMs } from "../wall-clock.ts";

/** What can happen in a cluster. */
export const clusterEventTypes = [
  ...(["joined", "suspected", "cleared", "died", "left"] as const),
  ...(["took-office", "left-office", "engine-moved", "moved", "unplaced"] as const),
  ...(["routes", "refused", "worker"] as const),
] as const;

export type ClusterEventType = (typeof clusterEventTypes)[number];

/** Something that happened in the cluster, as this node saw it. */
export interface ClusterEvent {
  /** Counts the events of this node from 1. */
  readonly id: number;
  /** Milliseconds since 1970, on this node's clock. */
  readonly timeMs: number;
  readonly type: ClusterEventType;
  /** The node it is about; null where it is about none. */
  readonly nodeId: string | null;
  /** One line. */
  readonly text: string;
}

/** Events kept; the oldest is forgotten. */
const EVENTS_MAX = 256;

/** Keeps the last events of a node and tells listeners of new ones. */
export class EventLog {
  readonly #events: ClusterEvent[] = [];
  readonly #listeners = new Set<(event: ClusterEvent) => void>();
  #count = 0;

  add(type: ClusterEventType, nodeId: string | null, text: string): void {
    this.#count += 1;
    const event = { id: this.#count, timeMs: wallMs(), type, nodeId, text };
    this.#events.push(event);
    if (this.#events.length > EVENTS_MAX) this.#events.shift();
    for (const listener of this.#listeners) listener(event);
  }

  /** Oldest first. */
  get events(): readonly ClusterEvent[] {
    return this.#events;
  }

  subscribe(listener: (event: ClusterEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}

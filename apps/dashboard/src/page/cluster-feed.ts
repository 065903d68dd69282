/**
 * What the page knows of the cluster: the last answers of the node, and what happened, as it happens.
 *
 * Events come by themselves (server-sent). Answers are asked for one round at a time: often while a person looks at them, seldom for the one
 * line on top, and at once after an event, which is when they change. There is no timer: the page asks on its turns.
 */
import type {
  AllocationAnswer,
  ClusterAnswer,
  ClusterEventMessage,
  NodesAnswer,
  TopologyAnswer,
  WorkersAnswer,
} from "../cluster-answers.ts";

/** One round of answers. */
export interface ClusterPicture {
  readonly cluster: ClusterAnswer;
  readonly nodes: NodesAnswer["nodes"];
  readonly workers: WorkersAnswer["workers"];
  readonly allocation: AllocationAnswer;
  readonly topology: TopologyAnswer;
}

/** Types of the node's events that a person should see at once; the others are only listed. */
const NEWS: ReadonlySet<string> = new Set([
  ...[
    "joined",
    "suspected",
    "died",
    "left",
    "took-office",
    "left-office",
    "engine-moved",
    "moved",
    "unplaced",
    "worker",
  ],
]);
const LISTED_ONLY = ["cleared", "routes", "refused"];
const EVENTS_MAX = 256;
const LOOKING_MS = 1_000;
const RESTING_MS = 5_000;
/** An event asks for a round so soon after the last one at most. */
const EVENT_MS = 150;
/** Events that come this soon after the page first listens are those that were kept: old ones. */
const OLD_MS = 1_000;
/** How long an event is news. */
const NEWS_MS = 8_000;

/** Answers and events of one node. */
export class ClusterFeed implements Disposable {
  /** Null before the first round. */
  picture: ClusterPicture | null = null;
  /** What happened, newest first. */
  readonly events: ClusterEventMessage[] = [];
  /** Counts what changed, for the panel to compare. */
  changes = 0;
  private readonly source: EventSource;
  private readonly stop = new AbortController();
  private newest: { readonly event: ClusterEventMessage; readonly atMs: number } | null = null;
  private openedMs: number | null = null;
  private isAsking = false;
  private dueMs = 0;

  constructor() {
    this.source = new EventSource("/api/v1/events");
    this.source.addEventListener("open", () => {
      this.openedMs ??= performance.now();
    });
    for (const type of [...NEWS, ...LISTED_ONLY]) {
      this.source.addEventListener(type, (message) => this.take(JSON.parse(message.data)));
    }
  }

  /** What happened just now, or null. */
  news(nowMs: number): ClusterEventMessage | null {
    return this.newest && nowMs - this.newest.atMs < NEWS_MS ? this.newest.event : null;
  }

  /** Asks where answers are due; `isLooking` while a person sees them all. */
  poll(nowMs: number, isLooking: boolean): void {
    if (this.isAsking || nowMs < this.dueMs - (isLooking ? RESTING_MS - LOOKING_MS : 0)) return;
    this.dueMs = nowMs + RESTING_MS;
    void this.ask();
  }

  [Symbol.dispose](): void {
    this.stop.abort();
    this.source.close();
  }

  private take(event: ClusterEventMessage): void {
    // Another run of the node counts from 1 again.
    if (event.id <= (this.events[0]?.id ?? 0)) this.events.length = 0;
    this.events.unshift(event);
    if (this.events.length > EVENTS_MAX) this.events.pop();
    this.changes++;
    const nowMs = performance.now();
    const isOld = this.openedMs === null || nowMs - this.openedMs < OLD_MS;
    if (!isOld && NEWS.has(event.type)) this.newest = { event, atMs: nowMs };
    if (!isOld) this.dueMs = Math.min(this.dueMs, nowMs + EVENT_MS);
  }

  private async ask(): Promise<void> {
    this.isAsking = true;
    try {
      const [cluster, { nodes }, { workers }, allocation, topology] = await Promise.all([
        this.get<ClusterAnswer>("/api/v1/cluster"),
        this.get<NodesAnswer>("/api/v1/nodes"),
        this.get<WorkersAnswer>("/api/v1/workers"),
        this.get<AllocationAnswer>("/api/v1/allocation"),
        this.get<TopologyAnswer>("/api/v1/topology"),
      ]);
      this.picture = { cluster, nodes, workers, allocation, topology };
      this.changes++;
    } catch {
      // The line to the node says that it does not answer; the last picture stays until it does.
      this.dueMs = performance.now() + RESTING_MS;
    } finally {
      this.isAsking = false;
    }
  }

  private async get<Answer>(path: string): Promise<Answer> {
    const response = await fetch(path, { cache: "no-store", signal: this.stop.signal });
    if (!response.ok) throw new Error(`Cannot read ${path}: the node answers ${response.status}`);
    return await response.json();
  }
}

/**
 * Plays what the node kept into the page's state, from any time on.
 *
 * The time line is cut into chunks of CHUNK_S seconds, fetched when they are needed, one ahead while playing, and kept up to CHUNKS_MAX. A jump
 * begins TRAIL_S before its goal, so that trails are whole; until its chunks are there the page goes on showing what it showed. No DOM, no
 * clock of its own.
 */
import type { History, KeptMessage } from "./history-feed.ts";
import type { LiveState } from "./live-state.ts";
import { TRAIL_S } from "./trail.ts";

/** Seconds of site time fetched at once. */
export const CHUNK_S = 10;
/** Chunks kept: some minutes around the present place. */
export const CHUNKS_MAX = 16;
/** Longest step that playing takes in one frame: a page that rested does not leap. */
const FRAME_S_MAX = 0.25;
/** A forward jump shorter than this is played through instead. */
const STEP_S_MAX = 2;
const RETRY_MS = 1_500;

interface Chunk {
  readonly messages: readonly KeptMessage[];
  /** Up to where it holds all that was kept: its end, or where the time line ended when it was fetched. */
  readonly upToS: number;
}

/** Where the replay stands and what it has fetched. */
export class Replay {
  /** The time shown, or to be shown as soon as it is there; site seconds. */
  atS = 0;
  playing = false;
  /** Why what is wanted is not there, or null. */
  problem: string | null = null;
  private readonly state: LiveState;
  private readonly history: History;
  private readonly chunks = new Map<number, Chunk>();
  private readonly wanted = new Set<number>();
  /** What the state holds: messages up to here, of one run from its beginning. */
  private fedS = 0;
  /** True until the first messages after a jump are there. */
  private jumped = false;
  /** Counts the runs of the node, so that an answer about an old one is not kept. */
  private generation = 0;
  private lastMs: number | null = null;
  private retryMs = 0;

  constructor(state: LiveState, history: History) {
    this.state = state;
    this.history = history;
  }

  /** True while what is to be shown is being fetched. */
  get waiting(): boolean {
    return this.jumped;
  }

  /** Goes to a time. */
  seek(timeS: number): void {
    const isStep = !this.jumped && timeS >= this.fedS && timeS <= this.fedS + STEP_S_MAX;
    this.atS = timeS;
    if (isStep) return;
    this.jumped = true;
    this.fedS = timeS - TRAIL_S;
  }

  /** Forgets that the state holds anything: something else was shown meanwhile. */
  leave(): void {
    this.playing = false;
    this.jumped = true;
    this.lastMs = null;
  }

  /** Forgets all that was fetched: the node is another run now. */
  clear(): void {
    this.chunks.clear();
    this.wanted.clear();
    this.generation++;
    this.leave();
  }

  /** Advances to `nowMs` of the page's clock and feeds the state; `edgeS` is where the time line ends. */
  frame(nowMs: number, edgeS: number): void {
    const elapsedS = this.lastMs === null ? 0 : Math.min(FRAME_S_MAX, (nowMs - this.lastMs) / 1000);
    this.lastMs = nowMs;
    if (this.playing && !this.jumped) this.atS = Math.min(edgeS, this.atS + elapsedS);
    const there = this.haveAll(nowMs, edgeS);
    if (this.playing && edgeS > this.atS + CHUNK_S) this.have(chunkOf(this.atS) + 1, edgeS, nowMs);
    if (!there || (!this.jumped && this.fedS >= this.atS)) return;
    if (this.jumped) this.state.restart(this.fedS);
    this.jumped = false;
    this.feed(nowMs);
  }

  private feed(nowMs: number): void {
    for (let index = chunkOf(this.fedS); index <= chunkOf(this.atS); index++) {
      for (const message of this.chunks.get(index)?.messages ?? []) {
        if (message.timeS > this.fedS && message.timeS <= this.atS) this.state.take(message, nowMs);
      }
    }
    this.fedS = this.atS;
  }

  /** True where everything from what the state holds to the time wanted is there; what is not is asked for. */
  private haveAll(nowMs: number, edgeS: number): boolean {
    let all = true;
    for (let index = chunkOf(this.fedS); index <= chunkOf(this.atS); index++) {
      if (!this.have(index, edgeS, nowMs)) all = false;
    }
    return all;
  }

  private have(index: number, edgeS: number, nowMs: number): boolean {
    const chunk = this.chunks.get(index);
    const neededS = Math.min(this.atS, edgeS, (index + 1) * CHUNK_S);
    if (chunk && chunk.upToS >= neededS) return true;
    if (!this.wanted.has(index) && nowMs >= this.retryMs) void this.fetch(index, edgeS, nowMs);
    return false;
  }

  private async fetch(index: number, edgeS: number, nowMs: number): Promise<void> {
    const { generation } = this;
    this.wanted.add(index);
    try {
      const messages = await this.history.span(index * CHUNK_S, (index + 1) * CHUNK_S);
      if (generation !== this.generation) return;
      this.problem = null;
      this.chunks.set(index, { messages, upToS: Math.min(edgeS, (index + 1) * CHUNK_S) });
      this.makeRoom();
    } catch (error) {
      if (generation !== this.generation) return;
      this.problem = error instanceof Error ? error.message : String(error);
      this.retryMs = nowMs + RETRY_MS;
    } finally {
      if (generation === this.generation) this.wanted.delete(index);
    }
  }

  /** Drops the chunks furthest from the present place. */
  private makeRoom(): void {
    const here = chunkOf(this.atS);
    const byDistance = [...this.chunks.keys()].sort((a, b) => Math.abs(b - here) - Math.abs(a - here));
    for (const index of byDistance.slice(0, Math.max(0, this.chunks.size - CHUNKS_MAX))) this.chunks.delete(index);
  }
}

function chunkOf(timeS: number): number {
  return Math.floor(timeS / CHUNK_S);
}

/**
 * What is decided of the hypotheses of one group: what lies too far back, and what no longer differs.
 *
 * Steps `historySteps - 1` ago are decided for good (N-scan pruning; Blackman 2004): hypotheses that disagree there with the likeliest one
 * go. Branches of a track that took the same detections in the last `MERGE_STEPS` steps have nearly forgotten how they differ: the
 * likelier stands for both. What is still open is then split where tracks no longer compete for a detection.
 */
import type { ClusterStore } from "./cluster-store.ts";
import { GlobalHypotheses } from "./global-hypotheses.ts";
import { Groups } from "./groups.ts";
import type { TrackPool } from "./track-pool.ts";

/** Branches that agree on as many last steps are one. */
const MERGE_STEPS = 3;

/** Prunes and splits the hypotheses of one group after another. */
export class Pruning {
  readonly #pool: TrackPool;
  /** 1 for slots that hypotheses name; 0 between groups. */
  readonly #isNamed: Uint8Array;
  readonly #groups = new Groups();
  readonly #part = new GlobalHypotheses();
  readonly #trackOfDetection = new Map<number, number>();
  readonly #open: number[] = [];

  constructor(pool: TrackPool) {
    this.#pool = pool;
    this.#isNamed = new Uint8Array(pool.capacity);
  }

  /** Drops and joins hypotheses and releases the slots that none names any more. `stepIndex` is the number of this step. */
  prune(hypotheses: GlobalHypotheses, stepIndex: number): void {
    if (hypotheses.count === 1) return;
    const cellCount = hypotheses.count * hypotheses.trackCount;
    const grown = hypotheses.slots.slice(0, cellCount);
    this.#decide(hypotheses, stepIndex);
    this.#merge(hypotheses, stepIndex);
    hypotheses.normalise();
    const keptCount = hypotheses.count * hypotheses.trackCount;
    for (let cell = 0; cell < keptCount; cell++) this.#isNamed[hypotheses.slots[cell]!] = 1;
    for (const slot of grown) {
      if (this.#isNamed[slot] === 0) this.#pool.release(slot);
      this.#isNamed[slot] = 1;
    }
    for (const slot of grown) this.#isNamed[slot] = 0;
  }

  /** Puts what is still in doubt into `store`, one cluster per set of tracks that hang together; `aliveAt` says where in `pool.alive` each track stands. */
  split(hypotheses: GlobalHypotheses, store: ClusterStore, aliveAt: Int32Array): void {
    const { trackCount, slots } = hypotheses;
    const open = this.#open;
    open.length = 0;
    for (let track = 0; track < trackCount; track++) {
      this.#pool.alive[aliveAt[track]!] = slots[track]!;
      if (this.#isOpen(hypotheses, track)) open.push(track);
    }
    if (open.length === 0) return;
    this.#group(hypotheses);
    const groupCount = this.#groups.list();
    for (let group = 0; group < groupCount; group++) this.#addPart(hypotheses, group, store, aliveAt);
  }

  /** Drops hypotheses that differ from the first in the oldest step that is remembered. */
  #decide(hypotheses: GlobalHypotheses, stepIndex: number): void {
    const { historySteps, history } = this.#pool;
    const { trackCount, slots, logWeights } = hypotheses;
    const oldest = (stepIndex + 1) % historySteps;
    let kept = 1;
    for (let h = 1; h < hypotheses.count; h++) {
      let track = 0;
      while (
        track < trackCount &&
        history[slots[h * trackCount + track]! * historySteps + oldest] ===
          history[slots[track]! * historySteps + oldest]
      ) {
        track++;
      }
      if (track < trackCount) continue;
      slots.copyWithin(kept * trackCount, h * trackCount, (h + 1) * trackCount);
      logWeights[kept++] = logWeights[h]!;
    }
    hypotheses.count = kept;
  }

  /** Lets the likelier of two branches of a track stand for both where they agree on the last steps. */
  #merge({ trackCount, count, slots }: GlobalHypotheses, stepIndex: number): void {
    for (let h = 1; h < count; h++) {
      for (let track = 0; track < trackCount; track++) {
        const slot = slots[h * trackCount + track]!;
        for (let likelier = 0; likelier < h; likelier++) {
          const other = slots[likelier * trackCount + track]!;
          if (other !== slot && !this.#agrees(slot, other, stepIndex)) continue;
          slots[h * trackCount + track] = other;
          break;
        }
      }
    }
  }

  #agrees(a: number, b: number, stepIndex: number): boolean {
    const { historySteps, history } = this.#pool;
    for (let back = 0; back < MERGE_STEPS; back++) {
      const place = (stepIndex - back + historySteps) % historySteps;
      if (history[a * historySteps + place] !== history[b * historySteps + place]) return false;
    }
    return true;
  }

  #isOpen({ trackCount, count, slots }: GlobalHypotheses, track: number): boolean {
    for (let h = 1; h < count; h++) if (slots[h * trackCount + track] !== slots[track]) return true;
    return false;
  }

  /** Joins open tracks of which any explanations share a detection. */
  #group({ trackCount, count, slots }: GlobalHypotheses): void {
    const { historySteps, history } = this.#pool;
    this.#groups.begin(this.#open.length);
    this.#trackOfDetection.clear();
    for (const [place, track] of this.#open.entries()) {
      for (let h = 0; h < count; h++) {
        const from = slots[h * trackCount + track]! * historySteps;
        for (let step = 0; step < historySteps; step++) {
          const detection = history[from + step]!;
          if (detection < 0) continue;
          const other = this.#trackOfDetection.get(detection);
          if (other === undefined) this.#trackOfDetection.set(detection, place);
          else if (other !== place) this.#groups.join(other, place);
        }
      }
    }
  }

  #addPart(hypotheses: GlobalHypotheses, group: number, store: ClusterStore, aliveAt: Int32Array): void {
    const { members, starts } = this.#groups;
    const start = starts[group]!;
    const width = starts[group + 1]! - start;
    const part = this.#part;
    part.resize(width, hypotheses.count);
    for (let h = 0; h < hypotheses.count; h++) {
      part.logWeights[h] = hypotheses.logWeights[h]!;
      for (let k = 0; k < width; k++) {
        const track = this.#open[members[start + k]!]!;
        part.slots[h * width + k] = hypotheses.slots[h * hypotheses.trackCount + track]!;
      }
    }
    part.normalise();
    for (let k = 0; k < width; k++) this.#pool.alive[aliveAt[this.#open[members[start + k]!]!]!] = part.slots[k]!;
    store.add(width, part.count, part.slots, part.logWeights);
  }
}

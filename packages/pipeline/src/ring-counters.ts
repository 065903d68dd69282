/** What a consumer of a ring got, and what it did not, by reason. Messages; `heldNow` slots. */
export interface RingCounters {
  readonly delivered: number;
  readonly dropped: {
    /** Overwritten before this consumer came to them. */
    readonly overrun: number;
    /** Jumped over by policy "latest" for a newer one. */
    readonly conflated: number;
    /** Never finished: their producer gave up or died. */
    readonly aborted: number;
  };
  /** Positions at which there was no message to lose: another reader held the slot. */
  readonly skipped: number;
  /** Claims that failed because this consumer was behind. */
  readonly refused: number;
  /** Times that producers went on after `blockMs`. */
  readonly evicted: number;
  readonly heldNow: number;
  /** Most messages that were newer than the one in hand when it was released. */
  readonly behindMax: number;
}

/** Reads the counters of one cell (`svp_ring_consumer` in `shared.h`). */
export function ringCounters(cell: DataView): RingCounters {
  const count = (offset: number): number => Number(cell.getBigUint64(offset, true));
  return {
    delivered: count(64),
    dropped: { overrun: count(72), conflated: count(80), aborted: count(88) },
    skipped: count(96),
    refused: count(24),
    evicted: count(32),
    heldNow: cell.getUint32(108, true),
    behindMax: cell.getUint32(112, true),
  };
}

/**
 * The counters of one link, which its statistics are made of.
 *
 * Drops are counted by reason and where they happen: a message that this end refused to queue, an offer that either end let go.
 */
import type { DropReason, LinkStatistics } from "./link.ts";

/** Counts what goes over a link. */
export class LinkCounters {
  messagesSent = 0;
  messagesReceived = 0;
  bytesSent = 0;
  bytesReceived = 0;
  checksumFailures = 0;
  reordered = 0;
  readonly drops: Record<DropReason, number> = {
    full: 0,
    oversized: 0,
    refused: 0,
    corrupt: 0,
    lost: 0,
    duplicate: 0,
    foreign: 0,
  };
  #transfersSent = 0;
  #transfersReceived = 0;
  #transferNs = 0n;

  /** Notes a message that went out. */
  sent(byteLength: number): void {
    this.messagesSent++;
    this.bytesSent += byteLength;
  }

  /** Notes a message that arrived whole. */
  received(byteLength: number): void {
    this.messagesReceived++;
    this.bytesReceived += byteLength;
  }

  /** Notes a transfer that was settled well on the sending end. */
  transferSent(byteLength: number, durationNs: bigint): void {
    this.#transfersSent++;
    this.bytesSent += byteLength;
    this.#transferNs += durationNs;
  }

  /** Notes a transfer that was pulled and verified. */
  transferReceived(byteLength: number, durationNs: bigint): void {
    this.#transfersReceived++;
    this.bytesReceived += byteLength;
    this.#transferNs += durationNs;
  }

  /** Copies the counters. */
  statistics(): LinkStatistics {
    const transfers = this.#transfersSent + this.#transfersReceived;
    return {
      messagesSent: this.messagesSent,
      messagesReceived: this.messagesReceived,
      transfersSent: this.#transfersSent,
      transfersReceived: this.#transfersReceived,
      bytesSent: this.bytesSent,
      bytesReceived: this.bytesReceived,
      checksumFailures: this.checksumFailures,
      reordered: this.reordered,
      drops: { ...this.drops },
      transferMsMean: transfers === 0 ? 0 : Number(this.#transferNs) / 1e6 / transfers,
    };
  }
}

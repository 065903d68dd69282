/**
 * A way to move bytes to one peer: small messages that are pushed, and large transfers that the receiver pulls.
 *
 * A transfer begins with an offer: the sender announces a slot, the receiver pulls it into memory of its own (a slot, a buffer) when it
 * has room, or refuses it. The sender's slot is lent until the offer is settled. Messages are copied when they are sent.
 *
 * Every byte is guarded by a checksum. What a link promises stands in its traits, and one contract test holds all of them to it.
 */
import type { LinkError } from "./link-error.ts";

/** The ways bytes can go. */
export type LinkKind = "shm" | "tcp" | "udp" | "ucx";

/** What a link promises. */
export interface LinkTraits {
  /** Every message arrives exactly once, or the link ends with an error. */
  readonly isReliable: boolean;
  /** Messages arrive in the order they were sent. */
  readonly isOrdered: boolean;
  /** Largest message, in bytes. */
  readonly messageBytesMax: number;
  /** Largest transfer, in bytes; 0 where a link carries messages only. */
  readonly transferBytesMax: number;
  /**
   * How the death of the peer's process shows: the link ends within 100 ms of it (`atOnce`), or within 100 ms of the next message that is
   * sent (`onSend`), or it does not show at all (`unseen`).
   */
  readonly peerDeath: "atOnce" | "onSend" | "unseen";
}

/** What became of a message that was handed over: `full` and `oversized` leave the link as it was. */
export type SendOutcome =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: "full" | "oversized" | "closed" };

/** A message that arrived. */
export interface ReceivedMessage {
  /** Borrowed: valid until the handler returns, or until its promise is settled. */
  readonly bytes: Uint8Array;
  /** Counts the messages of the sender on this link from 0; a jump is a loss, on links that are not reliable. */
  readonly sequence: number;
}

/** What a sender offers to be pulled. */
export interface TransferSource {
  /** Borrowed until the offer is settled: its content must not change. */
  readonly bytes: Uint8Array;
  /** Of the frame; seeds the checksum. */
  readonly sequence: number;
  /** A few bytes that say what it is, at most `DESCRIPTION_BYTES_MAX`. */
  readonly description: Uint8Array;
  /** Checksum of `bytes` with `sequence` in the kind of this link, where the writer of the slot computed it already. */
  readonly checksum?: bigint;
}

/** Longest description of a transfer, in bytes. */
export const DESCRIPTION_BYTES_MAX = 1024;

/** How an offer was settled; on `corrupt` the receiver found another checksum and may be offered it again. */
export type Delivery =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: "refused" | "corrupt" | "full" | "oversized" };

/** A transfer as the receiver sees it. It is answered once: pulled or refused. */
export interface Offer {
  readonly sequence: number;
  readonly byteLength: number;
  readonly description: Uint8Array;
  /**
   * Fetches the bytes into `target`, of exactly `byteLength` bytes, which is borrowed until the promise is settled.
   *
   * @throws {ChecksumError} when they arrived changed; the link stays open and the sender is told.
   * @throws {LinkError} when the link ends before.
   */
  pullInto(target: Uint8Array): Promise<void>;
  /**
   * Shows the bytes in the slot where the sender wrote them, on links whose ends share that memory, and holds the slot; this answers the
   * offer. Null where there is no such slot, or it is another frame's by now: then they can be pulled.
   *
   * @throws {ChecksumError} as `pullInto`.
   * @throws {LinkError} when the link has ended.
   */
  view(): TransferView | null;
  /** Turns the offer down. */
  refuse(): void;
}

/** Bytes of a transfer where the sender wrote them. Disposing it releases it. */
export interface TransferView extends Disposable {
  /** Borrowed until the release, and for reading only: all who hold the slot see the same memory. */
  readonly bytes: Uint8Array;
  /** Gives the slot back, once; false when it was taken away before, by its pool or with the link, and what was read is void. */
  release(): boolean;
}

/** What the owner of a link wants to hear. */
export interface LinkHandlers {
  /** A message. While a promise that it returns is pending nothing more is read, which the peer comes to feel as a full queue. */
  onMessage(message: ReceivedMessage): void | Promise<void>;
  /** An offer; it may be answered later, but never by waiting for it inside `onMessage`. */
  onOffer(offer: Offer): void;
  /** Something that arrived and was dropped with a reason, on links that go on after it. */
  onFault(fault: LinkError): void;
  /** The end, once: null after either end closed the link in order, else what ended it. Nothing is heard after it. */
  onEnd(fault: LinkError | null): void;
}

/** Takes a new link and says who listens; called before anything is delivered. */
export type LinkAccept = (link: Link) => LinkHandlers;

/** Why something was not delivered. */
export type DropReason = "full" | "oversized" | "refused" | "corrupt" | "lost" | "duplicate" | "foreign";

/** What went over a link so far. Bytes are those of messages and transfers, without what frames them. */
export interface LinkStatistics {
  readonly messagesSent: number;
  readonly messagesReceived: number;
  readonly transfersSent: number;
  readonly transfersReceived: number;
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly checksumFailures: number;
  /** Messages that arrived after a later one. */
  readonly reordered: number;
  readonly drops: Readonly<Record<DropReason, number>>;
  /** From offer to settlement where it was sent, from pull to verified bytes where it was received; 0 while there is none. */
  readonly transferMsMean: number;
}

/** One end of a link. Disposing it closes it in order. */
export interface Link extends AsyncDisposable {
  readonly kind: LinkKind;
  /** Address of the peer, such as `127.0.0.1:4711`. */
  readonly peer: string;
  readonly traits: LinkTraits;
  /** Sends a message; it is copied. When the queue is full the message is refused and counted, never dropped in silence. */
  send(bytes: Uint8Array): SendOutcome;
  /**
   * Waits until the queue is at most half full.
   *
   * @throws {LinkError} when the link has ended or ends before.
   */
  whenWritable(): Promise<void>;
  /**
   * Offers a transfer and waits for its settlement.
   *
   * @throws {LinkError} when the link has ended or ends before.
   */
  offer(source: TransferSource): Promise<Delivery>;
  statistics(): LinkStatistics;
  /** Sends what is queued, tells the peer and waits for it to let go; offers that are open are given up. */
  close(): Promise<void>;
  /** Ends at once, also where the peer stands still and would be waited for; it sees a loss. */
  terminate(): void;
}

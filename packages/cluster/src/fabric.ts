/**
 * What carries messages between nodes: subjects, requests, keys that are created once, and word of connections that end.
 *
 * A message arrives at most once, and in order from one publisher to one subscriber. Nothing here is durable: what must not be lost is
 * said again. Subjects are words joined by dots; in a subscription `*` stands for one word and a last `>` for one or more.
 */
import { SkyvoxError } from "@skyvox/core";

/** What carries the messages. */
export type FabricKind = "local" | "nats";

/** A message that arrived. */
export interface FabricMessage {
  readonly subject: string;
  readonly bytes: Uint8Array;
  /** Answers a request; nothing where it is none. */
  respond(bytes: Uint8Array): void;
}

/** What a fabric is, to be printed at the start and shown by the API. */
export interface FabricDescription {
  readonly kind: FabricKind;
  /** The engine and its version. */
  readonly engine: string;
  /** What it cannot promise here, a sentence each. */
  readonly limits: readonly string[];
}

/** A connection that has ended. */
export interface FabricDisconnect {
  /** The name the other end gave to its connection. */
  readonly name: string;
  readonly why: string;
}

/** What went wrong with a fabric. */
export type FabricFault = "closed" | "timeout" | "no-responders" | "unavailable" | "refused";

/** Thrown where a fabric could not do what it was asked. */
export class FabricError extends SkyvoxError {
  override readonly name = "FabricError";
  readonly fault: FabricFault;

  constructor(fault: FabricFault, message: string, options?: ErrorOptions) {
    super("io", message, options);
    this.fault = fault;
  }
}

/** One connection to the fabric. */
export interface Fabric extends AsyncDisposable {
  readonly name: string;
  describe(): FabricDescription;
  /** Sends to all who subscribe now; the bytes are copied. */
  publish(subject: string, bytes: Uint8Array): void;
  /** Listens until the returned is disposed. Handlers run one after the other and must not throw. */
  subscribe(subject: string, handler: (message: FabricMessage) => void): Disposable;
  /**
   * Asks and waits for the first answer.
   *
   * @throws {FabricError} `no-responders` at once where nobody listens, `timeout` where nobody answers, `closed`.
   */
  request(subject: string, bytes: Uint8Array, timeoutMs: number): Promise<Uint8Array>;
  /**
   * Creates a key; of several who try, one succeeds. Keys are never changed nor used again.
   *
   * @returns false where it exists.
   * @throws {FabricError} where it is not known what came of it.
   */
  createKey(key: string, value: string): Promise<boolean>;
  /**
   * Reads a key; null where there is none.
   *
   * @throws {FabricError} where the store does not answer.
   */
  readKey(key: string): Promise<string | null>;
  /** Deletes a key for good. */
  deleteKey(key: string): Promise<void>;
  /** Hears of connections of others that end, for as long as this one lasts. */
  onDisconnect(handler: (disconnect: FabricDisconnect) => void): void;
  /**
   * Sees to it that the store does not depend on this node's part of the engine alone, which ends when this node does. Absent where that
   * cannot be helped.
   *
   * @throws {FabricError} where the store does not answer.
   */
  yieldStore?(): Promise<void>;
  /** Ends the connection; harmless when done twice. */
  close(): Promise<void>;
}

/** Says whether a subject is what a subscription asks for. */
export function matchesSubject(pattern: string, subject: string): boolean {
  const [wanted, words] = [pattern.split("."), subject.split(".")];
  for (const [index, word] of wanted.entries()) {
    if (word === ">" && index === wanted.length - 1) return words.length > index;
    if (index >= words.length || (word !== "*" && word !== words[index])) return false;
  }
  return wanted.length === words.length;
}

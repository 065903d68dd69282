import type { Clock } from "@skyvox/core";
import type { ChecksumKind } from "./checksum.ts";
import type { LinkAccept } from "./link.ts";
import type { LinkError } from "./link-error.ts";

/** What both ends of a link say. */
export interface EndOptions {
  /** Guards what this end sends. */
  readonly checksum: ChecksumKind;
  /** Times the transfers. */
  readonly clock: Clock;
  /** Takes the link, once both ends have greeted. */
  readonly accept: LinkAccept;
}

/** Where to connect to. */
export interface ConnectOptions extends EndOptions {
  readonly hostname: string;
  readonly port: number;
}

/** Where to listen; port 0 takes a free one. */
export interface ListenOptions extends EndOptions {
  readonly hostname: string;
  readonly port: number;
  /** Hears of connections that did not become links. */
  readonly onRefused: (fault: LinkError) => void;
}

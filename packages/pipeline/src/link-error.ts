import { SkyvoxError } from "@skyvox/core";

/**
 * What went wrong on a link.
 *
 * - `lost`: the peer's process or the way to it is gone, perhaps in the middle of a frame
 * - `closed`: one end closed the link in order, and the work asked for was not done
 * - `refused`: the peer answered and wants no link
 * - `version`: the peer speaks another version of the frames
 * - `protocol`: what came is no frame of a link, or comes out of turn
 * - `oversized`: a length beyond the limit of the link
 * - `checksum`: bytes arrived changed
 */
export type LinkFault = "lost" | "closed" | "refused" | "version" | "protocol" | "oversized" | "truncated" | "checksum";

/** A fault of a link, with the link and the peer by name. */
export class LinkError extends SkyvoxError {
  override readonly name: string = "LinkError";
  readonly fault: LinkFault;
  /** Kind and address, such as `tcp 127.0.0.1:4711`. */
  readonly link: string;

  constructor(fault: LinkFault, link: string, message: string, options?: ErrorOptions) {
    super("io", message, options);
    this.fault = fault;
    this.link = link;
  }
}

/** What was compared. */
interface ChecksumMismatch {
  readonly link: string;
  /** What was guarded, such as "message" or "transfer". */
  readonly what: string;
  readonly sequence: number;
  readonly expected: bigint;
  readonly found: bigint;
}

/** Bytes that arrived changed; `expected` is what the sender computed. */
export class ChecksumError extends LinkError {
  override readonly name = "ChecksumError";
  readonly sequence: number;
  readonly expected: bigint;
  readonly found: bigint;

  constructor({ link, what, sequence, expected, found }: ChecksumMismatch) {
    const [seen, wanted] = [found, expected].map((value) => value.toString(16));
    super("checksum", link, `Cannot take ${what} ${sequence} from ${link}: checksum ${seen}, need ${wanted}`);
    this.sequence = sequence;
    this.expected = expected;
    this.found = found;
  }
}

import { SkyvoxError } from "@skyvox/core";

/** What is wrong with a message; a reader may count refusals by it. */
export type MessageFault =
  /** The bytes are no message of this protocol. */
  | "magic"
  | "version"
  /** It says of itself that it is larger than the reader takes. */
  | "size"
  | "checksum"
  /** Its compression is not known, or its library is not installed. */
  | "compression"
  /** It ends inside a field. */
  | "truncated"
  /** Its bytes break a rule of the format. */
  | "malformed"
  /** A value lies outside what its field may hold. */
  | "range";

/** Thrown when bytes that came from elsewhere are not a message that can be taken. The message says what was found and needed. */
export class MessageError extends SkyvoxError {
  override readonly name = "MessageError";
  readonly fault: MessageFault;

  constructor(fault: MessageFault, message: string) {
    super("io", message);
    this.fault = fault;
  }
}

/** What went wrong outside the program, as a caller may act on it. */
export type SkyvoxErrorCode =
  | "usage"
  | "site"
  | "calibration"
  | "source"
  | "missing-program"
  | "backend"
  /** The device of a backend is gone. */
  | "device"
  | "capacity"
  | "io"
  | "port";

/**
 * An error of operation: bad input, a missing file, a device that is gone.
 *
 * Its message is one line, `Cannot <verb> <thing>: <found>, need <wanted>`, and is shown to the user as it is.
 */
export class SkyvoxError extends Error {
  override readonly name: string = "SkyvoxError";
  readonly code: SkyvoxErrorCode;

  constructor(code: SkyvoxErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Says an unknown thrown value in one line. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Thrown when a rule of the program itself is broken. Never caught. */
export class AssertionError extends Error {
  override readonly name = "AssertionError";
}

/**
 * Checks a rule the programmer guarantees, once per batch.
 *
 * @throws {AssertionError} when the condition does not hold; the text says what must hold.
 */
export function assert(condition: boolean, whatMustHold: string): asserts condition {
  if (!condition) throw new AssertionError(whatMustHold);
}

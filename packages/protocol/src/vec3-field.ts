import type { Vec3 } from "@skyvox/core";
import { MessageError } from "./message-error.ts";

/**
 * Takes the numbers of a field for a vector.
 *
 * @throws {MessageError} when they are not three finite numbers.
 */
export function readVec3(values: readonly number[]): Vec3 {
  const [x, y, z] = values;
  if (x === undefined || y === undefined || z === undefined || values.length !== 3) {
    throw new MessageError("malformed", `Cannot read message: found a vector of ${values.length} numbers, need 3`);
  }
  refuseUnlessFinite(values);
  return [x, y, z];
}

/**
 * Refuses numbers that nobody can compute with.
 *
 * @throws {MessageError} fault "range" when one is infinite or no number.
 */
export function refuseUnlessFinite(values: Iterable<number>): void {
  for (const value of values) {
    if (!Number.isFinite(value)) {
      throw new MessageError("range", `Cannot read message: found ${value}, need a finite number`);
    }
  }
}

import { assert, type Detection } from "@skyvox/core";

/** Position, covariance, extent, camera bits, camera count, weight. */
const ROW = 3 + 9 + 3 + 3;
const ROW_BYTES = ROW * Float64Array.BYTES_PER_ELEMENT;

/** Writes detections of one time as rows of 18 float64; the time is told apart from them. */
export function detectionRows(detections: readonly Detection[]): Uint8Array {
  const rows = new Float64Array(detections.length * ROW);
  for (const [index, detection] of detections.entries()) {
    const { positionEnuM, covarianceM2, extentM, cameraBits, cameraCount, weight } = detection;
    rows.set([...positionEnuM, ...covarianceM2, ...extentM, cameraBits, cameraCount, weight], index * ROW);
  }
  return new Uint8Array(rows.buffer);
}

/** Bytes that the rows of so many detections take. */
export function detectionRowsBytes(count: number): number {
  return count * ROW_BYTES;
}

/** Reads rows back, as they were written to the last bit. @throws {AssertionError} where they are no whole rows. */
export function detectionsOf(timeNs: bigint, bytes: Uint8Array): Detection[] {
  assert(bytes.length % ROW_BYTES === 0, "detections come in whole rows");
  // Bytes from a message lie anywhere; numbers must lie at multiples of their size.
  const rows = new Float64Array(bytes.length / Float64Array.BYTES_PER_ELEMENT);
  new Uint8Array(rows.buffer).set(bytes);
  return Array.from({ length: rows.length / ROW }, (_, index): Detection => {
    const [e, n, u, ...rest] = rows.subarray(index * ROW, (index + 1) * ROW);
    const [a, b, c, d, f, g, h, i, j, x, y, z, cameraBits, cameraCount, weight] = rest;
    return {
      timeNs,
      positionEnuM: [e!, n!, u!],
      covarianceM2: [a!, b!, c!, d!, f!, g!, h!, i!, j!],
      extentM: [x!, y!, z!],
      ...{ cameraBits: cameraBits!, cameraCount: cameraCount!, weight: weight! },
    };
  });
}

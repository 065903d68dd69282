import { ptr } from "bun:ffi";
import { expect, test } from "bun:test";
import fc from "fast-check";
import { pipelineLibrary } from "./pipeline-library.ts";
import { cameraLayout, fitPools, poolMemory } from "./pool-memory.ts";
import { layoutBytes, type SegmentPart } from "./segment-layout.ts";

const camera8k = { widthPx: 7680, heightPx: 4320, bytesPerPixel: 1, slots: 8 };

test("Twenty cameras of 8K bytes with 8 slots each take less than 6 GB", () => {
  // 20 x 8 x 33,177,600 = 5,308,416,000 bytes of pixels, which are whole pages; the rest is a few pages a camera.
  const { bytes, lines } = poolMemory([{ cameraCount: 20, ...camera8k }]);
  expect(bytes).toBeGreaterThan(5_308_416_000);
  expect(bytes).toBeLessThan(5_308_416_000 + 20 * 65_536);
  expect(lines).toEqual(["20 cameras x (8 slots x 7680 x 4320 x 1 byte + rings and headers) = 5.31 GB"]);
});

test("Pools that cannot fit are refused with the arithmetic", () => {
  const specs = [
    { cameraCount: 20, ...camera8k },
    { cameraCount: 1, ...camera8k, bytesPerPixel: 2 },
  ];
  expect(() => fitPools(specs, 5.4e9)).toThrow(
    "Cannot allocate frame pools: 20 cameras x (8 slots x 7680 x 4320 x 1 byte + rings and headers) + " +
      "1 cameras x (8 slots x 7680 x 4320 x 2 bytes + rings and headers) = 5.84 GB, need at most 5.40 GB",
  );
  expect(fitPools(specs, 6e9).bytes).toBe(poolMemory(specs).bytes);
});

test("The native library lays segments out in as many bytes", () => {
  const part = fc.oneof(
    fc.record({
      kind: fc.constant("ring"),
      slots: fc.constantFrom(2, 64, 4096),
      slotBytes: fc.integer({ min: 1, max: 9000 }),
    }),
    fc.record({
      kind: fc.constant("pool"),
      slots: fc.integer({ min: 2, max: 99 }),
      slotBytes: fc.integer({ min: 1, max: 2 ** 28 }),
    }),
  ) as fc.Arbitrary<SegmentPart>;
  const library = pipelineLibrary();
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 8 }), (layout) => {
      const parts = new Uint32Array(layout.length * 4);
      for (const [i, { kind, slots, slotBytes }] of layout.entries())
        parts.set([kind === "ring" ? 1 : 2, slots, slotBytes, 0], i * 4);
      const bytes = new BigUint64Array(1);
      expect(library.svp_segment_measure(ptr(parts), layout.length, ptr(bytes))).toBe(0);
      expect(layoutBytes(layout)).toBe(Number(bytes[0]));
    }),
  );
  expect(cameraLayout(camera8k)[1]).toEqual({ kind: "pool", slots: 8, slotBytes: 33_177_600 });
});

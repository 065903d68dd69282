import { expect, test } from "bun:test";
import { exchangePart, siteFromScene } from "@skyvox/cameras";
import { SkyvoxError } from "@skyvox/core";
import { referenceAdapter } from "@skyvox/kernels";
import { FramePool } from "@skyvox/pipeline";
import { pairScene } from "@skyvox/scene";
import { attachFramePools, FramePools, lockFramePools, planFramePools } from "./frame-pools.ts";

const site = siteFromScene(pairScene(1), "scene:pair");
const SLOTS = 4;

/** Maps the pools of a site as a worker does, within this process. */
function mapped(stack: DisposableStack) {
  const pools = stack.use(new FramePools(site, SLOTS));
  return attachFramePools(site, pools.places).map((segment) => stack.use(segment));
}

test("What the frames of a site take grows with the slots of each camera", () => {
  const [four, eight] = [4, 8].map((slots) => planFramePools(site, slots));
  if (four?.ok !== true || eight?.ok !== true) throw new Error("there is shared memory here");
  const frameBytes = site.cameras.reduce((sum, { intrinsics }) => sum + intrinsics.widthPx * intrinsics.heightPx, 0);
  // Slots are whole pages.
  expect(eight.bytes - four.bytes).toBeGreaterThanOrEqual(4 * frameBytes);
  expect(eight.bytes - four.bytes).toBeLessThan(4 * frameBytes + site.cameras.length * 4 * 4096);
});

test("Every slot of every camera is locked for the device, and unlocked before its memory goes", () => {
  const locked = new Set<Uint8Array>();
  const device = {
    lockMemory: (bytes: Uint8Array) => {
      locked.add(bytes);
      return { [Symbol.dispose]: () => void (bytes.length > 0 && locked.delete(bytes)) };
    },
  };
  {
    using stack = new DisposableStack();
    const segments = mapped(stack);
    expect(lockFramePools(device, segments, stack)).toBeNull();
    expect(locked.size).toBe(site.cameras.length);
    const isLocked = ({ buffer, byteOffset, length }: Uint8Array) =>
      [...locked].some(
        (bytes) =>
          bytes.buffer === buffer &&
          bytes.byteOffset <= byteOffset &&
          byteOffset + length <= bytes.byteOffset + bytes.length,
      );
    for (const segment of segments) {
      using pool = new FramePool(segment, exchangePart.pool);
      for (let slot = pool.acquire(); slot.ok; slot = pool.acquire()) expect(isLocked(slot.bytes)).toBe(true);
      expect(pool.counters().refused).toBe(1);
    }
  }
  expect(locked.size).toBe(0);
});

test("A driver that refuses some memory is told of once, and anything else is thrown", () => {
  using stack = new DisposableStack();
  const segments = mapped(stack);
  let asked = 0;
  const refusing = {
    lockMemory: (): Disposable => {
      asked += 1;
      if (asked > 1) throw new SkyvoxError("capacity", `Cannot lock memory: refusal ${asked}, need more of it`);
      return new DisposableStack();
    },
  };
  expect(lockFramePools(refusing, segments, stack)).toBe("Cannot lock memory: refusal 2, need more of it");
  expect(asked).toBe(site.cameras.length);
  const lost = {
    lockMemory: (): Disposable => {
      throw new SkyvoxError("device", "Cannot use CUDA device 0: it is lost, need the backend opened anew");
    },
  };
  expect(() => lockFramePools(lost, segments, stack)).toThrow("it is lost");
});

test("Kernels of the host need no lock and refuse none", async () => {
  using stack = new DisposableStack();
  using reference = await referenceAdapter.open();
  expect(lockFramePools(reference, mapped(stack), stack)).toBeNull();
});

import { afterAll, beforeAll, expect, test } from "bun:test";
import { assert, SkyvoxError } from "@skyvox/core";
import { useSoftwareGpu, whySoftwareGpuMissing } from "../test/software-gpu.ts";
import { BufferPool, Scratch } from "./buffers.ts";
import { openDawn } from "./dawn.ts";

const isMissing = whySoftwareGpuMissing !== null;
const onGpu = test.skipIf(isMissing);
const suffix = isMissing ? `: ${whySoftwareGpuMissing}` : "";
if (!isMissing) useSoftwareGpu();

let pool: BufferPool;
beforeAll(async () => {
  if (isMissing) return;
  const answer = await openDawn({ software: true });
  assert(answer.ok, "SwiftShader opens");
  pool = new BufferPool(answer.dawn.device, GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST);
});
afterAll(() => {
  if (!isMissing) pool[Symbol.dispose]();
});

onGpu(`BufferPool lends what came back to who needs nearly as much${suffix}`, () => {
  // From 1,024 bytes on a size is a multiple of 128: an eighth of the power of two.
  const first = pool.take(1025);
  expect(first.byteLength).toBe(1152);
  const second = pool.take(1100);
  expect(second.id).not.toBe(first.id);
  pool.give(first, second);
  expect([pool.take(1152).id, pool.take(1030).id]).toEqual([first.id, second.id]);
  expect(pool.take(1153).byteLength).toBe(1280);
  expect(pool.take(1).byteLength).toBe(256);
});

onGpu(`BufferPool keeps what time steps turn over and destroys what has long been idle${suffix}`, () => {
  const half = 2 ** 27;
  const [one, two, three] = [pool.take(half), pool.take(half), pool.take(half)];
  // Together they are a turnover of 3 * 2^27, so twice that may stay.
  pool.give(one, two, three);
  expect(pool.take(half).id).toBe(one.id);
  pool.give(one);
  // Alone it is one of 2^27: 2^28 may stay, and the longest idle of the three goes.
  const ids = [pool.take(half).id, pool.take(half).id, pool.take(half).id];
  expect(ids.slice(0, 2)).toEqual([three.id, one.id]);
  expect([one.id, two.id, three.id]).not.toContain(ids[2]!);
});

onGpu(`BufferPool refuses what no buffer of the device can hold${suffix}`, async () => {
  const tooMuch = pool.bytesMax + 4;
  expect(() => pool.take(tooMuch)).toThrow(SkyvoxError);
  expect(() => pool.take(tooMuch)).toThrow(`a buffer of ${tooMuch} bytes, need at most ${pool.bytesMax}`);
  expect(await pool.refusal()).toBe(null);
});

onGpu(`Scratch of one name grows with the largest need and keeps its buffer otherwise${suffix}`, () => {
  const scratch = new Scratch(pool);
  const released: number[] = [];
  const take = (name: string, byteLength: number) => scratch.take(name, byteLength, ({ id }) => released.push(id));
  const counts = take("counts", 4096);
  expect([take("counts", 100).id, take("staged", 100).id === counts.id]).toEqual([counts.id, false]);
  expect(released).toEqual([]);
  expect(take("counts", 4097).byteLength).toBe(4608);
  expect(released).toEqual([counts.id]);
});

/**
 * What LZ4 does to messages, and to pictures of 7680 x 4320: masks, and noise, which is only tried.
 *
 * A mask of bytes is what a kernel may leave in a slot, one of bits what the message Mask carries. Ratios are of the payload alone.
 */
import { createPrng } from "@skyvox/core";
import { blockByteLengthMax, compress, decompress, encodeMessage, type Lz4, type Message } from "@skyvox/protocol";
import { type BenchRow, type BenchTarget, digestOf, interleave, memcpyVariant, perSecond } from "./harness.ts";
import { targets } from "./targets.ts";

const TARGET_SIDE_PX = 8;
const TARGET_COUNT = 200;

/** Blocks do not carry over from one library version to the next, ratios nearly do: the digest leaves both out. */
interface Found {
  readonly rows: readonly BenchRow[];
  readonly targets: readonly BenchTarget[];
  readonly digest: string;
}

/** By how much the payload of each kind shrinks; 1 where it is sent as it is. */
export function kindRatios(lz4: Lz4, messages: readonly Message[]): BenchRow[] {
  return messages.map((message) => {
    const plain = encodeMessage(message);
    const byteLength = compress(lz4, plain, new Uint8Array(blockByteLengthMax(plain.length)));
    const ratio = byteLength === 0 ? 1 : plain.length / byteLength;
    return { name: `${message.kind}, LZ4 ratio`, median: ratio, unit: "x", note: `${plain.length} bytes` };
  });
}

/** Measures masks and noise, beside a copy of as many bytes. */
export async function measureMasks(lz4: Lz4, options: { small: boolean; rounds: number }): Promise<Found> {
  const { small, rounds } = options;
  const size = small ? { widthPx: 512, heightPx: 256 } : { widthPx: 7680, heightPx: 4320 };
  const bytes = drawMask({ ...size, count: small ? 2 : TARGET_COUNT });
  const bits = packBits(bytes);
  const noise = drawNoise(bytes.length);
  const packs = [packing(lz4, "mask of bytes", bytes), packing(lz4, "mask of bits", bits)];
  const room = new Uint8Array(blockByteLengthMax(noise.length));
  const timings = await interleave(
    [
      memcpyVariant(bytes.length),
      ...packs.flatMap(({ variants }) => variants),
      { name: "noise, tried", run: () => compress(lz4, noise, room) },
    ],
    rounds,
  );
  const [copyMs = Number.NaN, ...packMs] = timings.map(({ medianMs }) => medianMs);
  const triedMs = packMs.pop() ?? Number.NaN;
  const rate = (at: number) => perSecond(packs[at >> 1]?.plain.length ?? 0, packMs[at] ?? Number.NaN);
  const rows = packs.flatMap(({ name, plain, ratio }, at): BenchRow[] => [
    { name: `${name}, LZ4 ratio`, median: ratio, unit: "x", note: `${plain.length} bytes, liblz4 ${lz4.version}` },
    { name: `${name}, compress`, median: rate(2 * at) / 1e9, unit: "GB/s", noise: timings[1 + 2 * at]?.noise ?? 0 },
    {
      name: `${name}, decompress`,
      median: rate(2 * at + 1) / 1e9,
      unit: "GB/s",
      noise: timings[2 + 2 * at]?.noise ?? 0,
    },
  ]);
  const copyRate = perSecond(bytes.length, copyMs);
  return {
    rows: [
      ...rows,
      { name: "noise, tried and left", median: triedMs * 1000, unit: "us", note: `${noise.length} bytes` },
    ],
    targets: [
      above("ratio of a mask of bytes", packs[0]?.ratio ?? 0, targets.protocol.maskRatio, "x"),
      above("its speed beside a copy", rate(0) / copyRate, targets.protocol.maskShareOfCopy, "x"),
      {
        ...above(
          "noise, share of the time of a copy",
          (100 * triedMs) / copyMs,
          targets.protocol.noisePercentOfCopy,
          "%",
        ),
        better: "lower",
      },
    ],
    digest: digestOf(bytes, bits, noise),
  };
}

function above(name: string, achieved: number, wanted: number, unit: string): BenchTarget {
  return { name, achieved, wanted, unit, better: "higher" };
}

/** Prepares both ways of one payload, after having made sure that it comes back. */
function packing(lz4: Lz4, name: string, plain: Uint8Array) {
  const block = new Uint8Array(blockByteLengthMax(plain.length));
  const byteLength = compress(lz4, plain, block);
  if (byteLength === 0) throw new Error(`${name} does not shrink`);
  const packed = block.slice(0, byteLength);
  if (Bun.hash(decompress(lz4, packed, plain.length)) !== Bun.hash(plain)) throw new Error(`${name} came back changed`);
  const back = new Uint8Array(plain.length);
  const variants = [
    { name: `${name}, compress`, run: () => compress(lz4, plain, block) },
    { name: `${name}, decompress`, run: () => lz4.decompress(packed, back) },
  ];
  return { name, plain, ratio: plain.length / byteLength, variants };
}

/** Squares of 255 on 0, `[heightPx, widthPx]`. */
function drawMask({ widthPx, heightPx, count }: { widthPx: number; heightPx: number; count: number }): Uint8Array {
  const prng = createPrng(4);
  const mask = new Uint8Array(widthPx * heightPx);
  for (let i = 0; i < count; i++) {
    const corner = prng.int(heightPx - TARGET_SIDE_PX) * widthPx + prng.int(widthPx - TARGET_SIDE_PX);
    for (let row = 0; row < TARGET_SIDE_PX; row++) {
      mask.fill(255, corner + row * widthPx, corner + row * widthPx + TARGET_SIDE_PX);
    }
  }
  return mask;
}

/** One bit a pixel, the lowest first. The width is a multiple of 8. */
function packBits(mask: Uint8Array): Uint8Array {
  const bits = new Uint8Array(mask.length / 8);
  for (let i = 0; i < mask.length; i++) bits[i >> 3]! |= (mask[i]! & 1) << (i & 7);
  return bits;
}

function drawNoise(byteLength: number): Uint8Array {
  const prng = createPrng(5);
  const words = new Uint32Array(byteLength / 4);
  for (let i = 0; i < words.length; i++) words[i] = prng.uint32();
  return new Uint8Array(words.buffer);
}

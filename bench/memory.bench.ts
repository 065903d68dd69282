/** What one core does to bytes: a copy, and the checksum that guards a transfer. The floor under every other number. */
import {
  type Bench,
  type BenchOptions,
  type BenchResult,
  digestOf,
  interleave,
  memcpyVariant,
  perSecond,
} from "./harness.ts";
import { targets } from "./targets.ts";

export const bench: Bench = {
  name: "bytes",
  subject: "memory",
  async run({ small, rounds }: BenchOptions): Promise<BenchResult> {
    const byteLength = small ? 2 ** 20 : 2 ** 26;
    const data = new Uint8Array(byteLength);
    for (let i = 0; i < byteLength; i++) data[i] = Math.imul(i, 0x9e3779b1) >>> 24;
    let checksum = 0n;
    const variants = [
      memcpyVariant(byteLength),
      {
        name: `xxh3 ${byteLength / 2 ** 20} MiB`,
        run: () => {
          checksum = Bun.hash.xxHash3(data);
        },
      },
    ];
    const rows = (await interleave(variants, rounds)).map(({ name, medianMs, noise }) => {
      return { name, median: perSecond(byteLength, medianMs) / 1e9, unit: "GB/s", noise };
    });
    const achieved = rows[1]?.median ?? 0;
    const wanted = targets.checksumBytesPerSecond / 1e9;
    return {
      rows,
      targets: [{ name: "xxh3", achieved, wanted, unit: "GB/s", better: "higher" }],
      digest: digestOf(checksum.toString(16)),
    };
  },
};

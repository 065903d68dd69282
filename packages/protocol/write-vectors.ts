/** Writes `test/vectors` anew: `bun run gen` in this package. */
import { $ } from "bun";
import { makeVectors } from "./test/vector-files.ts";

for (const { name, bytes, json } of makeVectors()) {
  await Bun.write(`${import.meta.dir}/test/vectors/${name}.bin`, bytes);
  await Bun.write(`${import.meta.dir}/test/vectors/${name}.json`, `${JSON.stringify(json, null, 2)}\n`);
}
await $`bunx biome format --write ${import.meta.dir}/test/vectors`;

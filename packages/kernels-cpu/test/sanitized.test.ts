/** Random calls of the C ABI, compiled with AddressSanitizer and UndefinedBehaviorSanitizer. */
import { describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

const native = join(import.meta.dir, "..", "native");
const shared = join(import.meta.dir, "..", "..", "kernels", "native");
const folder = join(import.meta.dir, "..", "build", "sanitized");
const program = join(folder, "random-calls");
const driver = join(native, "test", "random-calls.cpp");
const compiler = process.env.CXX || "g++";
const COMPILE_MS_MAX = 120_000;

/** Compiles the program anew where a source is newer than it. */
async function build(): Promise<void> {
  const files = [native, shared].flatMap((from) =>
    readdirSync(from, { withFileTypes: true }).filter((f) => f.isFile()),
  );
  const paths = files.map((file) => join(file.parentPath, file.name));
  const builtMs = statSync(program, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if ([...paths, driver].every((path) => statSync(path).mtimeMs <= builtMs)) return;
  mkdirSync(folder, { recursive: true });
  const sources = [...paths.filter((path) => path.endsWith(".cpp")), driver];
  const objects = await Promise.all(
    sources.map(async (source) => {
      const object = join(folder, `${source.split("/").at(-1)}.o`);
      await call([...(isAvx2(source) ? ["-mavx2"] : []), "-c", "-o", object, source]);
      return object;
    }),
  );
  await call(["-o", program, ...objects]);
}

function isAvx2(source: string): boolean {
  return source.endsWith("-avx2.cpp") && process.arch === "x64";
}

async function call(args: string[]): Promise<void> {
  const flags = ["-O1", "-g1", "-std=c++17", "-fopenmp", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
  const child = Bun.spawn([compiler, ...flags, ...args], { stderr: "pipe" });
  expect([await child.exited, await new Response(child.stderr).text()]).toEqual([0, ""]);
}

describe.skipIf(Bun.which(compiler) === null)("Random calls under sanitizers", () => {
  test(
    "compile",
    async () => {
      await build();
      expect(statSync(program).isFile()).toBe(true);
    },
    COMPILE_MS_MAX,
  );

  for (const seed of [1, 2, 3]) {
    test(
      `of seed ${seed} agree between the scalar and the best path and touch no foreign memory`,
      async () => {
        const child = Bun.spawn([program, String(seed), "30"], { stdout: "pipe", stderr: "pipe" });
        const said = (await Promise.all([child.stdout, child.stderr].map((pipe) => new Response(pipe).text()))).join(
          "",
        );
        expect(said).toMatch(/^\d{4,} calls agree\n$/);
        expect(await child.exited).toBe(0);
      },
      COMPILE_MS_MAX,
    );
  }
});

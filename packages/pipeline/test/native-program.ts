/**
 * Builds the test programs of `native/test` from the sources of the library, or with one line of one source made wrong.
 *
 * Each source is compiled once for the same text, headers and flags: objects and programs are named by a hash of what they are made of, so
 * that a program with a wrong line costs one compilation.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { assert } from "@skyvox/core";

const nativeFolder = join(import.meta.dir, "..", "native");
const buildFolder = join(import.meta.dir, "..", "build", "test");
const compiler = process.env.CC || "gcc";

/** The core of the library: all that does not need another subject's sources. */
const coreSources = ["segment", "participants", "crash-point", "ring", "ring-producer", "ring-consumer"].concat([
  "pool",
  "pool-writer",
  "pool-reader",
]);
/** Both ends of a bulk connection and the checksum that its receiver takes. */
export const bulkSources = ["hash", "tcp/bulk-socket", "tcp/bulk-sender", "tcp/bulk-receiver"];

/** One wrong line: `from` stands exactly once in `file`. */
export interface Mutant {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** Builds `native/test/<source>.c` with sources of the library, by default its core, and returns the path of the program. */
export async function buildTestProgram(
  source: string,
  flags: readonly string[],
  mutant?: Mutant,
  sources: readonly string[] = coreSources,
): Promise<string> {
  assert(Bun.which(compiler) !== null, `${compiler} is installed (apt-get install gcc)`);
  mkdirSync(buildFolder, { recursive: true });
  const objects: string[] = [];
  for (const path of [join("test", `${source}.c`), ...sources.map((name) => `${name}.c`)])
    objects.push(await compile(path, flags, mutant?.file === path ? mutant : undefined));
  const program = join(buildFolder, `${source}-${hashOf(objects, flags)}`);
  if (!existsSync(program)) await produce(program, [...flags, ...objects, "-lpthread"]);
  return program;
}

async function compile(path: string, flags: readonly string[], mutant: Mutant | undefined): Promise<string> {
  const text = wrongText(readFileSync(join(nativeFolder, path), "utf8"), mutant);
  const object = join(buildFolder, `${hashOf(headerTexts(), [path, text, ...flags])}.o`);
  if (existsSync(object)) return object;
  // The copy lies elsewhere, so that quoted headers are looked for beside the original.
  const beside = join(nativeFolder, dirname(path));
  const copy = `${object}-${process.pid}.c`;
  writeFileSync(copy, text);
  await produce(object, ["-std=gnu11", "-g1", "-fno-strict-aliasing", ...flags, "-iquote", beside, "-c", copy]);
  rmSync(copy);
  return object;
}

/** Compiles or links into place, so that no half-written file is ever found there. */
async function produce(target: string, args: readonly string[]): Promise<void> {
  const fresh = `${target}-${process.pid}`;
  const { status, output } = await runToEnd([compiler, ...args, "-o", fresh]);
  assert(status === 0, `${args.at(-1)} compiles: ${output}`);
  renameSync(fresh, target);
}

function wrongText(text: string, mutant: Mutant | undefined): string {
  if (mutant === undefined) return text;
  const parts = text.split(mutant.from);
  assert(parts.length === 2, `"${mutant.from}" stands once in ${mutant.file}`);
  return parts.join(mutant.to);
}

function headerTexts(): string[] {
  return [".", "test", "tcp"]
    .map((name) => join(nativeFolder, name))
    .flatMap((folder) =>
      readdirSync(folder)
        .filter((name) => name.endsWith(".h"))
        .sort()
        .map((name) => readFileSync(join(folder, name), "utf8")),
    );
}

function hashOf(...parts: readonly (readonly string[])[]): string {
  return Bun.hash(JSON.stringify(parts)).toString(16);
}

/** Runs a program to its end. */
export async function runToEnd(
  command: readonly string[],
  env: Record<string, string | undefined> = process.env,
): Promise<{ status: number; output: string }> {
  const child = Bun.spawn([...command], { env, stdout: "pipe", stderr: "pipe" });
  const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  return { status: await child.exited, output: out + err };
}

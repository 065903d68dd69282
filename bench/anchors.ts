/**
 * The rivals that benches compare with: programs of `anchors/`, which run where their library is installed.
 *
 * Nothing here installs anything. On Debian the rivals are python3-opencv, liboctomap-dev, libopenvdb-dev and libiceoryx-posh-dev (which
 * needs libiceoryx-hoofs-dev and libacl1-dev beside it). Those in C++ are
 * compiled into `build/` when their source is newer than the program, with the optimisation of a release and no more.
 */
import { existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { assert } from "@skyvox/core";

/** The command that starts a rival, or why there is none here. */
export type Anchor =
  | { readonly ok: true; readonly command: readonly string[] }
  | { readonly ok: false; readonly reason: string };

const folder = join(import.meta.dir, "anchors");
const buildFolder = join(import.meta.dir, "build");

/** Finds a rival written in Python, for which `modules` must be installed. */
export function pythonAnchor(script: string, modules: readonly string[]): Anchor {
  const python = "/usr/bin/python3";
  const isThere = existsSync(python) && Bun.spawnSync([python, "-c", `import ${modules.join(", ")}`]).exitCode === 0;
  if (!isThere) return { ok: false, reason: `not installed (python3 with ${modules.join(" and ")})` };
  return { ok: true, command: [python, join(folder, script)] };
}

/**
 * Finds a rival written in C++ and compiles it: `header` must be installed, `libraries` are linked, `includes` are folders of
 * /usr/include that its headers take for their root.
 */
export function compiledAnchor(
  name: string,
  header: string,
  libraries: readonly string[],
  includes: readonly string[] = [],
): Anchor {
  const compiler = process.env.CXX || "g++";
  if (!existsSync(join("/usr/include", header))) return { ok: false, reason: `not installed (${header})` };
  if (Bun.which(compiler) === null) return { ok: false, reason: `no compiler (${compiler})` };
  const program = join(buildFolder, name);
  if (!isFresh(program)) {
    mkdirSync(buildFolder, { recursive: true });
    const links = libraries.map((library) => `-l${library}`);
    const folders = includes.map((include) => `-I${join("/usr/include", include)}`);
    runToEnd([compiler, "-O2", "-std=c++17", ...folders, "-o", program, join(folder, `${name}.cpp`), ...links]);
  }
  return { ok: true, command: [program] };
}

/** Runs a program to its end and parses the JSON it prints. */
export function outputOf<Output>(command: readonly string[]): Output {
  return JSON.parse(runToEnd(command)) as Output;
}

function runToEnd(command: readonly string[]): string {
  const child = Bun.spawnSync([...command], { stderr: "inherit" });
  assert(child.exitCode === 0, `${command.slice(0, 2).join(" ")} ends with status 0`);
  return child.stdout.toString();
}

function isFresh(program: string): boolean {
  const built = statSync(program, { throwIfNoEntry: false });
  if (built === undefined) return false;
  const sources = readdirSync(folder).filter((name) => /\.(?:cpp|h)$/.test(name));
  return sources.every((name) => statSync(join(folder, name)).mtimeMs <= built.mtimeMs);
}

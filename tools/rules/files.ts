/**
 * How a package is laid out: one public door, no other barrel, no file that nothing uses, no grab-bag, one op per native file.
 */
import {
  type Finding,
  type Manifest,
  type Repository,
  type Rule,
  resolveFrom,
  type SourceFile,
} from "../repository.ts";

const LINES_MAX = 400;

export const oneDoor: Rule = {
  name: "has one public door per package, which only exports",
  check: (repository) =>
    [...repository.manifests.values()].flatMap((manifest) => {
      if (!manifest.folder.startsWith("packages/") || !hasSource(repository, manifest)) return [];
      const path = `${manifest.folder}/src/mod.ts`;
      const door = repository.files.get(path);
      if (door === undefined) return [{ path, line: 0, text: "there is no door" }];
      const found: Finding[] = [];
      if (!onlyExports(door)) found.push({ path, line: 0, text: "holds more than exports" });
      if (!/@module/.test(door.text)) found.push({ path, line: 1, text: "has no @module comment" });
      if (!/```ts\n/.test(door.text)) found.push({ path, line: 1, text: "shows no example in its @module comment" });
      return found;
    }),
};

export const noBarrels: Rule = {
  name: "has no barrel beside the doors",
  check: (repository) =>
    repository.code
      .filter((file) => file.isScript && !/\/src\/mod\.ts$/.test(file.path) && onlyExports(file))
      .map((file) => ({ path: file.path, line: 0, text: "only forwards exports" })),
};

export const noDeadFiles: Rule = {
  name: "uses every source file",
  check: (repository) => {
    const inPackages = repository.code.filter((file) => /^(?:packages|apps|bench)\//.test(file.path));
    const product = reach(repository, entriesOf(repository));
    const tests = reach(repository, [...product, ...inPackages.filter((file) => file.isTest).map((file) => file.path)]);
    return inPackages.flatMap((file) => {
      if (!file.isScript && !/\.(?:h|cuh|wgsl)$/.test(file.path)) return [];
      if (product.has(file.path) || file.isTest || file.path.endsWith(".d.ts")) return [];
      return [{ path: file.path, line: 0, text: tests.has(file.path) ? "only tests use it" : "nothing uses it" }];
    });
  },
};

export const filesAreShort: Rule = {
  name: `has no file over ${LINES_MAX} lines`,
  check: (repository) =>
    repository.code
      .filter((file) => file.lines.length > LINES_MAX)
      .map((file) => ({ path: file.path, line: LINES_MAX + 1, text: `has ${file.lines.length} lines` })),
};

export const noGrabBags: Rule = {
  name: "names files after their subject",
  check: (repository) =>
    repository.code
      .filter((file) => /(?:^|[/-])(?:utils?|helpers?|common|managers?|types|misc|index)\.\w+$/.test(file.path))
      .filter((file) => !file.path.endsWith("/index.html"))
      .map((file) => ({ path: file.path, line: 0, text: "is named like a grab-bag" })),
};

export const kebabCase: Rule = {
  name: "names files in kebab-case",
  check: (repository) =>
    repository.code
      .filter((file) => !/^[a-z0-9.-]+$/.test(file.path.split("/").at(-1) ?? ""))
      .map((file) => ({ path: file.path, line: 0, text: "is not in kebab-case" })),
};

/** An op is a file in kernels/src/ops; a native file may define the exported function of one, under the same base name. */
export const oneOpPerNativeFile: Rule = {
  name: "defines each native op in a file of its name",
  check: (repository) => {
    const ops = [...repository.files.keys()].map(
      (path) => /^packages\/kernels\/src\/ops\/([^/.]+)\.ts$/.exec(path)?.[1],
    );
    return repository.code.flatMap((file) => {
      const base = /^packages\/kernels-[a-z]+\/native\/(.+)\.(?:cpp|cu)$/.exec(file.path)?.[1];
      if (base === undefined) return [];
      return [...file.views.code.matchAll(/^\w[\w ]*\bsv_(\w+)\s*\([^;{]*\)\s*\{/gm)].flatMap((match) => {
        const op = (match[1] ?? "").replaceAll("_", "-");
        return ops.includes(op) && op !== base ? [{ path: file.path, line: 0, text: `defines the op ${op}` }] : [];
      });
    });
  },
};

function hasSource(repository: Repository, manifest: Manifest): boolean {
  return repository.code.some((file) => file.path.startsWith(`${manifest.folder}/src/`) && file.isScript);
}

/** True when a script has statements and all of them export from another file. */
function onlyExports(file: SourceFile): boolean {
  const rest = file.views.code.replace(
    /\bexport\s+(?:type\s+)?(?:\*(?:\s+as\s+\w+)?|\{[^}]*\})\s*from\s*"[^"]*"\s*;?/g,
    "",
  );
  return file.views.code.trim() !== "" && rest.trim() === "";
}

/** Files that something outside the program starts: exports, mains, scripts, benches, and scripts of the root. */
function entriesOf(repository: Repository): string[] {
  const entries = [...repository.files.keys()].filter((path) =>
    /^(?:bench\/[^/]+\.bench\.ts|examples\/.*\.ts)$/.test(path),
  );
  for (const { folder, exports, main, scripts } of repository.manifests.values()) {
    const named = [...Object.values(exports), ...(main === undefined ? [] : [main])];
    const called = Object.values(scripts).flatMap((script) => script.match(/[\w./-]+\.(?:ts|mjs)\b/g) ?? []);
    for (const target of [...named, ...called]) entries.push(resolveFrom(`${folder}/package.json`, target) ?? "");
  }
  const native = repository.code.filter((file) => /\.(?:c|cpp|cu)$/.test(file.path)).map((file) => file.path);
  return [...entries, ...native];
}

/** Follows imports and named paths from some files. */
function reach(repository: Repository, from: Iterable<string>): Set<string> {
  const reached = new Set<string>();
  const queue = [...from];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    const file = repository.files.get(path);
    if (file === undefined || reached.has(path)) continue;
    reached.add(path);
    for (const { specifier } of file.imports) {
      const local = file.isNative || specifier.startsWith(".");
      const target = local ? resolveFrom(path, specifier) : doorOf(repository, specifier);
      if (target !== undefined) queue.push(target);
    }
  }
  return reached;
}

function doorOf(repository: Repository, specifier: string): string | undefined {
  const [, name, subpath] = /^(@skyvox\/[^/]+)(\/.*)?$/.exec(specifier) ?? [];
  const manifest = [...repository.manifests.values()].find((candidate) => candidate.name === name);
  const target = manifest?.exports[`.${subpath ?? ""}`];
  return manifest === undefined || target === undefined ? undefined : resolveFrom(`${manifest.folder}/x`, target);
}

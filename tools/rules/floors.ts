/**
 * Who may import whom: packages import downward only, through the door of the other package, and say so in package.json.
 *
 * The table is that of docs/ARCHITECTURE.md. Tests may also use the kernel backends and the testing package; otherwise a
 * sibling is as forbidden to them as to the code they test.
 */
import { type Finding, type Import, type Repository, type Rule, resolveFrom, type SourceFile } from "../repository.ts";

/** Floor of each package; what is not listed here has none and is a finding. Apps, bench and examples stand on floor 4. */
export const floors: readonly (readonly string[])[] = [
  ["core"],
  ["kernels", "protocol", "pipeline", "scene", "testing"],
  [
    ...["kernels-cpu", "kernels-cuda", "kernels-wgsl"],
    ...["cameras", "calibration", "pose", "voxels", "tracking", "monitor", "interop"],
  ],
  ["cluster", "processor", "reconstruction"],
];

const BACKENDS = new Set(["kernels-cpu", "kernels-cuda", "kernels-wgsl"]);
const BACKEND_USERS = /^(?:apps\/node\/src\/select-kernels\.ts$|apps\/[^/]+\/src\/(?:[^/]+-)?worker\.ts$|bench\/)/;

export const importsDownward: Rule = {
  name: "imports only downward",
  check: (repository) =>
    acrossPackages(repository).flatMap(({ file, item, target }) => {
      const from = placeOf(file.path);
      const to = floors.findIndex((floor) => floor.includes(target));
      if (from.floor < 0) return [at(file, item, `package "${from.name}" stands on no floor`)];
      if (from.floor === 4 || to < 0) return [];
      const forTests = file.isTest && from.floor > 0 && (target === "testing" || BACKENDS.has(target));
      if (to < from.floor || forTests || target === from.name) return [];
      return [at(file, item, `${from.name} (floor ${from.floor}) imports ${target} (floor ${to})`)];
    }),
};

export const backendsInOnePlace: Rule = {
  name: "names a kernel backend only where backends are chosen",
  check: (repository) =>
    acrossPackages(repository)
      .filter(({ file, target }) => BACKENDS.has(target) && placeOf(file.path).name !== target && !file.isTest)
      .filter(({ file }) => !BACKEND_USERS.test(file.path))
      .map(({ file, item, target }) => at(file, item, `imports the backend ${target}`)),
};

export const opensListedDoors: Rule = {
  name: "crosses packages only through a listed export",
  check: (repository) =>
    repository.code.flatMap((file) => {
      const home = repository.manifestOf(file.path)?.folder ?? "";
      return file.imports.flatMap((item) => {
        if (item.specifier.startsWith(".")) return leavesHome(file, item, home);
        const [, name, subpath] = /^@skyvox\/([^/]+)(\/.*)?$/.exec(item.specifier) ?? [];
        if (name === undefined) return [];
        const target = [...repository.manifests.values()].find((manifest) => manifest.name === `@skyvox/${name}`);
        if (target === undefined) return [at(file, item, `"${item.specifier}" is no package here`)];
        return Object.hasOwn(target.exports, `.${subpath ?? ""}`)
          ? []
          : [at(file, item, `"${item.specifier}" is not among the exports of ${target.folder}`)];
      });
    }),
};

export const declaresImports: Rule = {
  name: "declares every package it imports",
  check: (repository) =>
    repository.code.flatMap((file) => {
      const manifest = repository.manifestOf(file.path);
      if (manifest === undefined || file.isNative) return [];
      const developing = file.isTest || /^(?:bench|tools|scripts)\//.test(file.path) || /\/build\.ts$/.test(file.path);
      return file.imports.flatMap((item) => {
        const name = packageOf(item);
        if (name === undefined || name === manifest.name || manifest.dependencies.has(name)) return [];
        if (developing && manifest.devDependencies.has(name)) return [];
        return [at(file, item, `"${name}" is not in the dependencies of ${manifest.folder || "the root"}`)];
      });
    }),
};

export const floorsAreDocumented: Rule = {
  name: "shows the same floors in docs/ARCHITECTURE.md",
  check: (repository) => {
    const page = repository.files.get("docs/ARCHITECTURE.md");
    if (page === undefined) return [];
    return floors.flatMap((packages, floor) => {
      const line = page.lines.findIndex((text) => new RegExp(`^\\| ${floor} +\\|`).test(text));
      const row = page.lines[line] ?? "";
      const missing = packages.filter((name) => isBuilt(repository, name) && !row.includes(`\`${name}\``));
      return missing.map((name) => ({ path: page.path, line: line + 1, text: `floor ${floor} does not list ${name}` }));
    });
  },
};

function isBuilt(repository: Repository, name: string): boolean {
  return repository.manifests.has(`packages/${name}`);
}

interface Crossing {
  readonly file: SourceFile;
  readonly item: Import;
  /** Name of the other package, without `@skyvox/`. */
  readonly target: string;
}

function acrossPackages(repository: Repository): Crossing[] {
  return repository.code.flatMap((file) =>
    file.imports.flatMap((item) => {
      const target = /^@skyvox\/([^/]+)/.exec(item.specifier)?.[1];
      return target === undefined ? [] : [{ file, item, target }];
    }),
  );
}

/** Name and floor of the package that a path lies in; floor -1 for a package that the table does not know. */
function placeOf(path: string): { name: string; floor: number } {
  const name = /^packages\/([^/]+)\//.exec(path)?.[1];
  if (name === undefined) return { name: path.split("/")[0] ?? "", floor: 4 };
  return { name, floor: floors.findIndex((floor) => floor.includes(name)) };
}

function leavesHome(file: SourceFile, item: Import, home: string): Finding[] {
  // Native code shares headers by relative path; a build has no notion of package exports.
  if (file.isNative || home === "") return [];
  const path = resolveFrom(file.path, item.specifier);
  if (path?.startsWith(`${home}/`)) return [];
  return [at(file, item, `"${item.specifier}" reaches out of ${home}`)];
}

function packageOf(item: Import): string | undefined {
  if (item.kind !== "import" || /^(?:\.|node:|bun:|bun$)/.test(item.specifier)) return undefined;
  return /^(?:@[^/]+\/)?[^/]+/.exec(item.specifier)?.[0];
}

function at(file: SourceFile, item: Import, text: string): Finding {
  return { path: file.path, line: item.line, text };
}

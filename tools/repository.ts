/**
 * The repository as rules see it: text files by path, the packages they belong to, and who imports whom.
 *
 * A repository is read from disk or made of a few texts, so that every rule is shown to fail on a small made-up one.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { lineAt, scan, type Views } from "./scan.ts";

/** One breach of a rule. */
export interface Finding {
  readonly path: string;
  /** First line is 1; 0 where the whole file is meant. */
  readonly line: number;
  readonly text: string;
}

/** A rule of the repository. */
export interface Rule {
  /** Reads as a sentence after "The repository": "imports only downward". */
  readonly name: string;
  check(repository: Repository): Finding[];
}

/** An import, a re-export, or a path in a string that names a file (a worker's entry, a page's script). */
export interface Import {
  readonly specifier: string;
  readonly line: number;
  readonly kind: "import" | "path";
}

/** What a rule needs of a package.json. */
export interface Manifest {
  readonly name: string;
  readonly folder: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly main: string | undefined;
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: ReadonlySet<string>;
  readonly devDependencies: ReadonlySet<string>;
}

const TEXT_FILE = /(?:\.(?:ts|mjs|js|c|cpp|cu|h|cuh|wgsl|md|json|html|css|sh|toml|yml)|\/run|bun\.lock|LICENSE)$/;
const SKIPPED_FOLDERS = new Set(["node_modules", ".git", ".turbo", "build", "dist", "coverage"]);

/** One text file; its views are made when first asked for. */
export class SourceFile {
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
  #views: Views | undefined;
  #imports: readonly Import[] | undefined;

  constructor(path: string, text: string) {
    this.path = path;
    this.text = text;
    this.lines = text.replace(/\n$/, "").split("\n");
  }

  get isScript(): boolean {
    return /\.(?:ts|mjs|js)$/.test(this.path);
  }

  get isNative(): boolean {
    return /\.(?:c|cpp|cu|h|cuh)$/.test(this.path);
  }

  get isCode(): boolean {
    return this.isScript || this.isNative || this.path.endsWith(".wgsl");
  }

  get isTest(): boolean {
    return /\.test\.ts$/.test(this.path) || /^(?:packages|apps|examples)\/[^/]+\/(?:test|testing)\//.test(this.path);
  }

  /** Written by a generator; only imports are looked at. */
  get isGenerated(): boolean {
    return /\/gen\//.test(this.path);
  }

  get views(): Views {
    this.#views ??= scan(this.text, this.isScript);
    return this.#views;
  }

  get imports(): readonly Import[] {
    this.#imports ??= importsOf(this);
    return this.#imports;
  }
}

/** All text files and the packages among them. */
export class Repository {
  readonly files: ReadonlyMap<string, SourceFile>;
  readonly manifests: ReadonlyMap<string, Manifest>;

  constructor(texts: Readonly<Record<string, string>>) {
    this.files = new Map(Object.entries(texts).map(([path, text]) => [path, new SourceFile(path, text)]));
    const manifests = [...this.files.values()].filter((file) => /^(?:.*\/)?package\.json$/.test(file.path));
    this.manifests = new Map(manifests.map((file) => [folderOf(file.path), manifestOf(file)]));
  }

  /** Files written by people in a programming language. */
  get code(): SourceFile[] {
    return [...this.files.values()].filter((file) => file.isCode && !file.isGenerated);
  }

  /** The package a file belongs to: the nearest folder above it that has a package.json. */
  manifestOf(path: string): Manifest | undefined {
    for (let folder = folderOf(path); ; folder = folderOf(folder)) {
      const manifest = this.manifests.get(folder);
      if (manifest !== undefined || folder === "") return manifest;
    }
  }
}

/** Reads all text files below a folder. */
export function readRepository(root: string): Repository {
  const texts: Record<string, string> = {};
  const visit = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory() && !SKIPPED_FOLDERS.has(entry.name)) visit(path);
      else if (entry.isFile() && TEXT_FILE.test(`/${path}`)) texts[path] = readFileSync(join(root, path), "utf8");
    }
  };
  visit("");
  return new Repository(texts);
}

/** The folder of a path; "" for a file at the root. */
export function folderOf(path: string): string {
  return path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
}

/** Resolves a relative path from a file; undefined when it leaves the repository. */
export function resolveFrom(file: string, relative: string): string | undefined {
  const parts = folderOf(file).split("/").filter(Boolean);
  for (const part of relative.split("/")) {
    if (part === "..") {
      if (parts.pop() === undefined) return undefined;
    } else if (part !== "." && part !== "") parts.push(part);
  }
  return parts.join("/");
}

/** Finds every match of a pattern in one view of a file and says it as a finding. */
export function findings(file: SourceFile, view: string, pattern: RegExp, say: (match: string) => string): Finding[] {
  return [...view.matchAll(pattern)].map((match) => ({
    path: file.path,
    line: lineAt(view, match.index),
    text: say(match[0].trim()),
  }));
}

function manifestOf(file: SourceFile): Manifest {
  const json = JSON.parse(file.text);
  return {
    name: json.name ?? "",
    folder: folderOf(file.path),
    exports: json.exports ?? {},
    main: json.main,
    scripts: json.scripts ?? {},
    dependencies: new Set(Object.keys(json.dependencies ?? {})),
    devDependencies: new Set(Object.keys(json.devDependencies ?? {})),
  };
}

const IMPORTS = [
  /\b(?:import|export)\b[^"'`;()]*?\bfrom\s*["']([^"'\n]+)["']/g,
  /\bimport\s*["']([^"'\n]+)["']/g,
  /\bimport\s*\(\s*["']([^"'\n]+)["']/g,
];
const PATHS = /["'](\.{1,2}\/[^"'\n]+\.(?:ts|mjs|html|css|wgsl|json))["']/g;
const INCLUDES = /^\s*#\s*include\s+"([^"\n]+)"/gm;
const PAGE_LINKS = /\b(?:src|href)="(\.[^"\n]+)"/g;

function importsOf(file: SourceFile): Import[] {
  const { code, withStrings } = file.views;
  const found: Import[] = [];
  const add = (view: string, pattern: RegExp, kind: Import["kind"], isReal: (at: number) => boolean): void => {
    for (const match of view.matchAll(pattern)) {
      if (isReal(match.index)) found.push({ specifier: match[1] ?? "", line: lineAt(view, match.index), kind });
    }
  };
  if (file.isNative) add(file.text, INCLUDES, "import", () => true);
  if (file.path.endsWith(".html")) add(file.text, PAGE_LINKS, "path", () => true);
  if (!file.isScript) return found;
  // A keyword inside a string is blank in the view without strings, so text that merely looks like an import is left out.
  for (const pattern of IMPORTS) add(withStrings, pattern, "import", (at) => code[at] === withStrings[at]);
  add(withStrings, PATHS, "path", (at) => code[at] === withStrings[at]);
  return found;
}

/**
 * For every rule a small repository that breaks it and one that keeps it, so that no rule can pass for want of looking.
 *
 * Words that a rule forbids are put together from two halves: these files are read by the same rules.
 */
import type { Rule } from "./repository.ts";
import * as docs from "./rules/docs.ts";
import * as files from "./rules/files.ts";
import * as floors from "./rules/floors.ts";
import * as shape from "./rules/shape.ts";
import { testsExpect, words } from "./rules/words.ts";

type Texts = Readonly<Record<string, string>>;

/** A rule with a repository that breaks it (once per entry of `breaks`) and one that keeps it. */
export interface Example {
  readonly rule: Rule;
  readonly breaks: readonly Texts[];
  readonly keeps: Texts;
}

const manifest = (name: string, more: object = {}): string =>
  JSON.stringify({ name: `@skyvox/${name}`, exports: { ".": "./src/mod.ts" }, ...more });
const door = '/**\n * @example\n * ```ts\n * ```\n * @module\n */\nexport * from "./a.ts";\n';
const lines = (count: number, line: string): string => `${line}\n`.repeat(count);
const inPackage = (text: string): Texts => ({ "packages/core/src/a.ts": text });

const imports: readonly Example[] = [
  {
    rule: floors.importsDownward,
    breaks: [
      { "packages/core/src/a.ts": 'import type { Kernels } from "@skyvox/kernels";' },
      { "packages/voxels/src/a.ts": 'export { x } from "@skyvox/tracking";' },
      { "packages/voxels/src/a.test.ts": 'import { x } from "@skyvox/tracking";' },
      { "packages/reconstruction/src/a.ts": 'const x = await import("@skyvox/cluster");' },
      { "packages/surprise/src/a.ts": 'import { x } from "@skyvox/core";' },
    ],
    keeps: {
      "packages/voxels/src/a.ts": 'import { x } from "@skyvox/core";\n// import { y } from "@skyvox/tracking";',
      "packages/voxels/src/a.test.ts": 'import { x } from "@skyvox/testing";\nimport "@skyvox/kernels-cpu";',
      "apps/node/src/main.ts": 'import { x } from "@skyvox/reconstruction";',
    },
  },
  {
    rule: floors.backendsInOnePlace,
    breaks: [
      { "apps/node/src/master.ts": 'import { cpuAdapter } from "@skyvox/kernels-cpu";' },
      { "packages/reconstruction/src/line.ts": 'import "@skyvox/kernels-cuda";' },
    ],
    keeps: {
      "apps/node/src/select-kernels.ts": 'import { cpuAdapter } from "@skyvox/kernels-cpu";',
      "apps/node/src/gpu-worker.ts": 'import "@skyvox/kernels-cpu";',
      "bench/cast.bench.ts": 'import "@skyvox/kernels-cpu";',
      "packages/voxels/test/a.test.ts": 'import "@skyvox/kernels-cpu";',
    },
  },
  {
    rule: floors.opensListedDoors,
    breaks: [
      { "packages/core/package.json": manifest("core"), "apps/node/a.ts": 'import "@skyvox/core/src/vec3.ts";' },
      { "packages/core/package.json": manifest("core"), "apps/node/a.ts": 'import "@skyvox/cor";' },
      {
        "packages/voxels/package.json": manifest("voxels"),
        "packages/voxels/src/a.ts": 'import "../../core/src/a.ts";',
      },
    ],
    keeps: {
      "packages/kernels/package.json": manifest("kernels", { exports: { "./native": "./src/native.ts" } }),
      "packages/voxels/package.json": manifest("voxels"),
      "packages/voxels/src/a.ts": 'import "@skyvox/kernels/native";\nimport "./b.ts";',
    },
  },
  {
    rule: floors.declaresImports,
    breaks: [
      { "packages/voxels/package.json": manifest("voxels"), "packages/voxels/src/a.ts": 'import "@skyvox/core";' },
      {
        "packages/voxels/package.json": manifest("voxels", { devDependencies: { zod: "1" } }),
        "packages/voxels/src/a.ts": 'import { z } from "zod/v4";',
      },
    ],
    keeps: {
      "packages/voxels/package.json": manifest("voxels", {
        dependencies: { zod: "1" },
        devDependencies: { "fast-check": "1" },
      }),
      "packages/voxels/src/a.ts": 'import "zod/v4";\nimport "node:fs";\nimport "bun";',
      "packages/voxels/src/a.test.ts": 'import fc from "fast-check";\nimport "bun:test";',
    },
  },
  {
    rule: floors.floorsAreDocumented,
    breaks: [{ "packages/core/package.json": manifest("core"), "docs/ARCHITECTURE.md": "| 0 | `cores` | nothing |\n" }],
    keeps: { "packages/core/package.json": manifest("core"), "docs/ARCHITECTURE.md": "| 0 | `core` | nothing |\n" },
  },
];

const layout: readonly Example[] = [
  {
    rule: files.oneDoor,
    breaks: [
      { "packages/core/package.json": manifest("core"), "packages/core/src/a.ts": "export const a = 1;" },
      { "packages/core/package.json": manifest("core"), "packages/core/src/mod.ts": `${door}export const b = 1;` },
      { "packages/core/package.json": manifest("core"), "packages/core/src/mod.ts": 'export * from "./a.ts";' },
    ],
    keeps: { "packages/core/package.json": manifest("core"), "packages/core/src/mod.ts": door },
  },
  {
    rule: files.noBarrels,
    breaks: [{ "packages/core/src/all.ts": 'export type { A } from "./a.ts";\nexport * as b from "./b.ts";' }],
    keeps: {
      "packages/core/src/mod.ts": door,
      "packages/core/src/a.ts": 'export * from "./b.ts";\nexport const c = 1;',
    },
  },
  {
    rule: files.noDeadFiles,
    breaks: [
      { "packages/core/package.json": manifest("core"), "packages/core/src/lost.ts": "export const a = 1;" },
      { "packages/core/src/a.ts": "export const a = 1;", "packages/core/src/a.test.ts": 'import "./a.ts";' },
      { "packages/kernels/native/lost.h": "" },
    ],
    keeps: {
      "packages/core/package.json": manifest("core"),
      "packages/core/src/mod.ts": door,
      "packages/core/src/a.ts": 'const entry = new URL("./worker.ts", import.meta.url);',
      "packages/core/src/worker.ts": "",
      "packages/core/test/seeds.ts": "",
      "packages/kernels-cpu/native/cast.cpp": '#include "../../kernels/native/dda.h"',
      "packages/kernels/native/dda.h": "",
    },
  },
  { rule: files.filesAreShort, breaks: [inPackage(lines(401, "a;"))], keeps: inPackage(lines(400, "a;")) },
  {
    rule: files.noGrabBags,
    breaks: [
      { "packages/core/src/utils.ts": "" },
      { "packages/core/src/task-manager.ts": "" },
      { "apps/node/helpers.ts": "" },
    ],
    keeps: { "packages/core/src/commons-meter.ts": "", "apps/dashboard/src/index.html": "" },
  },
  {
    rule: files.kebabCase,
    breaks: [{ "packages/core/src/rayModel.ts": "" }],
    keeps: { "packages/core/src/ray-model.ts": "" },
  },
  {
    rule: files.oneOpPerNativeFile,
    breaks: [
      {
        "packages/kernels/src/ops/cast-dense.ts": "",
        "packages/kernels-cpu/native/cast.cpp": "int32_t sv_cast_dense(sv_context *c, int32_t g) {\n}",
      },
    ],
    keeps: {
      "packages/kernels/src/ops/cast.ts": "",
      "packages/kernels-cpu/native/cast.cpp": "SV_EXPORT int32_t sv_cast(sv_context *c, int32_t g) {\n}",
      "packages/kernels-cpu/native/context.cpp": "int32_t sv_open(int32_t i) {\n}\nint32_t sv_cast(int32_t);",
    },
  },
];

const named = (name: string): Rule => {
  const rule = words.find((candidate) => candidate.name === name);
  if (rule === undefined) throw new Error(`Cannot find the rule "${name}", need one of words.ts`);
  return rule;
};

const wording: readonly Example[] = [
  {
    rule: named("has no unfinished work"),
    breaks: [inPackage(`// ${"TO"}DO: later`), { "docs/A.md": `${"FIX"}ME` }],
    keeps: inPackage("// to do a thing; const TODOS = 1"),
  },
  {
    rule: named("does not silence the type checker"),
    breaks: [inPackage("a as any;"), inPackage("(a as unknown as B).c;"), inPackage("export enum Kind { A }")],
    keeps: inPackage('"as any"; // as any\nconst enumerate = a as unknown;'),
  },
  {
    rule: named("has no directive against the type checker"),
    breaks: [inPackage(`// @ts-${"ignore"}`), inPackage(`// @ts-${"nocheck"}`)],
    keeps: inPackage("// @ts-expect-error: the test gives a wrong type"),
  },
  {
    rule: named("takes time and chance as arguments below the apps"),
    breaks: [
      inPackage("Date.now();"),
      inPackage("Math.random();"),
      inPackage("setTimeout(f, 1);"),
      inPackage("new Date();"),
    ],
    keeps: {
      "packages/core/src/a.ts": "// Date.now()\nclock.nowNs();\nnew Date(0);",
      "packages/core/src/a.test.ts": "Date.now();",
      "packages/core/src/clock.ts": "Bun.nanoseconds();",
      "apps/node/src/main.ts": "setTimeout(f, 1);",
    },
  },
  {
    rule: named("has no emoji"),
    breaks: [{ "README.md": "fast \u{1F680}" }, inPackage('const ok = "\u2705";')],
    keeps: inPackage("// σ ≤ 0.1 px → ok … × √2 °"),
  },
  {
    rule: named("does not praise itself"),
    breaks: [
      { "README.md": `a ${"rob"}ust tracker` },
      { "README.md": `${"production"}-ready` },
      inPackage(`// ${"blaz"}ingly fast`),
    ],
    keeps: inPackage("// Huber's robust loss"),
  },
  {
    rule: named("swallows no error"),
    breaks: [
      inPackage("try { f(); } catch {}"),
      inPackage("try {} catch (e) { /* fine */ }"),
      inPackage("p.catch(() => {});"),
    ],
    keeps: inPackage("try { f(); } catch (error) { report(error); }"),
  },
  {
    rule: named("names no path of one machine and no registry host"),
    breaks: [
      inPackage(`const a = "/${"home"}/me/a";`),
      { "bun.lock": `https://registry.${"npmjs"}.org/a.tgz` },
      { "docs/A.md": `see /${"root"}/a` },
    ],
    keeps: inPackage('const a = "/usr/bin/chromium"; const b = "./home/a"; const c = "https://example.org/work/";'),
  },
  {
    rule: testsExpect,
    breaks: [
      {
        "packages/core/src/a.test.ts":
          'test("A works", () => { a(); });\ntest("B works", () => { expect(b).toBe(1); });',
      },
      { "packages/core/src/a.test.ts": 'test.each([1])("A works", (x) => {\n  a(x);\n});' },
    ],
    keeps: {
      "packages/core/src/a.test.ts":
        'test("A works", () => { expect(a()).toBe(1); });\ntest.each([f(1)])("B", (x) => { expectClose(x); });\ntest("C", () => fc.assert(p));\nfunction check(a) {\n  expect(a).toBe(1);\n}\ntest("D", () => { check(a); });',
    },
  },
];

const shapes: readonly Example[] = [
  {
    rule: shape.functionsAreShort,
    breaks: [
      inPackage(`function f(a: number): number {\n${lines(70, "  a;")}}`),
      inPackage(`const f = async (a = "{") => {\n${lines(70, "  a;")}};`),
      inPackage(`class A {\n  get b(): number {\n${lines(70, "  a;")}}\n}`),
      { "packages/kernels-cpu/native/cast.cpp": `static int f(const int *a) {\n${lines(70, "  a;")}}` },
    ],
    keeps: {
      "packages/core/src/a.ts": `function f() {\n${lines(68, "  a;")}}\nconst table = {\n${lines(90, "  a: 1,")}};\nif (a) {\n${lines(80, "b;")}}`,
      "packages/core/src/a.test.ts": `describe("A", () => {\n${lines(90, "  a;")}});`,
    },
  },
  {
    rule: shape.longFilesOpenWithComment,
    breaks: [
      inPackage(`/** One line. */\n${lines(60, "a;")}`),
      { "packages/k/native/a.cu": `/* a\n * b */\n${lines(60, "a;")}` },
    ],
    keeps: inPackage(`import "a";\n/**\n * Three\n */\n${lines(60, "a;")}`),
  },
  {
    rule: shape.exportsAreDocumented,
    breaks: [
      inPackage("/** A. */\nconst a = 1;\nexport function f() {}"),
      inPackage("export abstract class A {}"),
      inPackage("// not TSDoc\nexport interface A {}"),
    ],
    keeps: inPackage(
      "/** A. */\nexport async function f(a: 1): void;\nexport async function f(a: 2): void {}\n/**\n * B.\n */\nexport class B {}\nclass C {}",
    ),
  },
];

const pages: readonly Example[] = [
  {
    rule: docs.linksResolve,
    breaks: [
      { "docs/A.md": "see [b](B.md)" },
      { "docs/A.md": "see [b](#no-such)" },
      { "docs/A.md": "[b](../README.md#x)", "README.md": "# Y" },
    ],
    keeps: {
      "docs/A.md":
        "# The first, part\n[up](../README.md#a-b) [own](#the-first-part) [web](https://a.b/c) [dir](../packages)\n```\n[x](y)\n```",
      "README.md": "# A `b`",
      "packages/core/package.json": manifest("core"),
    },
  },
  {
    rule: docs.commandsAreShell,
    breaks: [{ "docs/A.md": "```bash\nls\n```" }],
    keeps: { "docs/A.md": "```sh\nls\n```\n```ts\n```" },
  },
  {
    rule: docs.excusesAreNeeded,
    breaks: [{ "docs/A.md": "```sh\nnpm start\n```" }],
    keeps: {
      "docs/A.md":
        "```sh\nnpm start\nnpm test\n.ci/run\nbun run check\nbun run format\nbun run native\nbun run apps/node import --from qualisys --calibration Calib.qca.txt --out a\nbun run apps/node --role master --site site.json --once --json\n```",
    },
  },
];

/** Every rule of the repository, in the order in which they are checked. */
export const examples: readonly Example[] = [...imports, ...layout, ...wording, ...shapes, ...pages];

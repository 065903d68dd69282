/** Runs the commands of every page, each page in a scratch folder whose entries are links to those of the repository. */
import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { blocksOf, runnableOf } from "./doc-commands.ts";
import { readRepository } from "./repository.ts";

const root = join(import.meta.dir, "..");
const scratch: string[] = [];
afterAll(() => {
  for (const folder of scratch) rmSync(folder, { recursive: true });
});

/** Makes the scratch folder; what a command writes at its root stays there. */
function makeScratch(): string {
  const folder = mkdtempSync(join(tmpdir(), "skyvox-docs-"));
  scratch.push(folder);
  for (const name of readdirSync(root)) if (name !== ".git") symlinkSync(join(root, name), join(folder, name));
  return folder;
}

describe("Commands of the pages", () => {
  for (const [path, page] of readRepository(root).files) {
    const commands = path.endsWith(".md") ? runnableOf(page.text) : [];
    if (commands.length === 0) continue;
    test(`${path} shows commands that run`, async () => {
      const PATH = `${join(root, "node_modules/.bin")}:${process.env.PATH}`;
      const script = ["set -euo pipefail", ...commands].join("\n");
      const child = Bun.spawn(["bash", "-xc", script], {
        cwd: makeScratch(),
        env: { ...process.env, PATH },
        stdin: "ignore",
        stdout: "ignore",
        stderr: "pipe",
      });
      const trace = await new Response(child.stderr).text();
      expect((await child.exited) === 0 ? "" : trace).toBe("");
    }, 120_000);
  }

  test("are read block by block, with comments dropped and continued lines joined", () => {
    const page =
      "text\n```sh\n# first\nnpm start   # opens the page\nbun x \\\n  --y 1\n```\n```ts\nlet a;\n```\n```sh\nls\n```\n";
    expect(blocksOf(page)).toEqual([["npm start", "bun x --y 1"], ["ls"]]);
    expect(runnableOf(page)).toEqual(["bun x --y 1", "ls"]);
  });
});

/** Runs the real `.ci/run` in small checkouts whose `npm test` writes a report made for the case. */
import { afterAll, describe, expect, test } from "bun:test";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** Makes a checkout whose test script is `body`, a shell script that finds the report's path in `$report`. */
function checkout(body: string): string {
  const root = mkdtempSync(join(tmpdir(), "skyvox-ci-"));
  folders.push(root);
  const repository = join(import.meta.dir, "..");
  cpSync(join(repository, ".ci/run"), join(root, ".ci/run"));
  cpSync(join(repository, "scripts/junit-totals.mjs"), join(root, "scripts/junit-totals.mjs"));
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the braces are the shell's.
  const outfile = 'for word; do case "$word" in --reporter-outfile=*) report="${word#*=}" ;; esac; done';
  writeFileSync(join(root, "runner.sh"), `${outfile}\n${body}\n`);
  writeFileSync(join(root, "package.json"), '{"name":"x","scripts":{"test":"sh ./runner.sh"}}');
  return root;
}

function runCi(body: string): { status: number; lines: string[] } {
  const child = Bun.spawnSync([join(checkout(body), ".ci/run")], { stdin: "ignore" });
  return { status: child.exitCode, lines: child.stdout.toString().trimEnd().split("\n") };
}

function report(...cases: readonly string[]): string {
  const xml = `<?xml version="1.0"?>\n<testsuites name="bun test">\n<testsuite name="a">\n${cases.join("\n")}\n</testsuite>\n</testsuites>`;
  return `cat > "$report" <<'XML'\n${xml}\nXML`;
}

const pass = '<testcase name="Gate opens" classname="Gate" file="gate.test.ts" />';
const fail = '<testcase name="Gate shuts" classname="" file="gate.test.ts"><failure message="x">y</failure></testcase>';
const skip = (name: string) => `<testcase name="${name}" classname="" file="s.test.ts">\n<skipped />\n</testcase>`;

describe("The run of all tests", () => {
  test("ends with the totals of the report and status 0 when all passed", () => {
    const run = runCi(report(pass, pass));
    expect(run.lines.at(-1)).toBe("2 passed, 0 failed");
    expect(run.status).toBe(0);
  });

  test("ends with status 1 when one test failed", () => {
    const run = runCi(`${report(pass, fail)}\nexit 1`);
    expect(run.lines.at(-1)).toBe("1 passed, 1 failed");
    expect(run.status).toBe(1);
  });

  test("excuses skips for a GPU, RDMA or a real camera, and prints each", () => {
    const names = [
      "Motion agrees (no CUDA GPU)",
      "Link moves bytes (RDMA missing)",
      "Source opens a real camera &lt;1&gt;",
    ];
    const run = runCi(report(pass, ...names.map(skip)));
    expect(run.lines).toContain("skipped s.test.ts: Source opens a real camera <1>");
    expect(run.lines.at(-1)).toBe("1 passed, 0 failed, 3 skipped");
    expect(run.status).toBe(0);
  });

  test("counts any other skip as failed", () => {
    const run = runCi(report(pass, skip("Video opens (no ffmpeg)")));
    expect(run.lines).toContain("skipped without an excuse, counts as failed s.test.ts: Video opens (no ffmpeg)");
    expect(run.lines.at(-1)).toBe("1 passed, 1 failed");
    expect(run.status).toBe(1);
  });

  test("counts a runner that crashed without a report as one failure", () => {
    const run = runCi("kill -SEGV $$");
    expect(run.lines.at(-1)).toBe("0 passed, 1 failed");
    expect(run.status).toBe(1);
  });

  test("counts a report cut in the middle as one failure", () => {
    const run = runCi(`printf '<testsuites><testsuite>${pass}' > "$report"; exit 1`);
    expect(run.lines.at(-1)).toBe("0 passed, 1 failed");
    expect(run.status).toBe(1);
  });

  test("counts a failed runner without a failed test, and a report without tests, as one failure", () => {
    expect(runCi(`${report(pass)}\nexit 1`).lines.at(-1)).toBe("1 passed, 1 failed");
    expect(runCi(report()).lines.at(-1)).toBe("0 passed, 1 failed");
  });

  test("sets CI and gives the tests a standard input that is at its end, even when its own is closed", () => {
    const root = checkout(`[ "$CI" = true ] && ! read line && ${report(pass)}`);
    const child = Bun.spawnSync(["bash", "-c", `exec "${root}/.ci/run" <&-`]);
    expect(child.stdout.toString().trimEnd().split("\n").at(-1)).toBe("1 passed, 0 failed");
    expect(child.exitCode).toBe(0);
  });
});

/**
 * What tests of the whole program share: running it as a person would, from the repository's root, in folders that are gone afterwards.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

export const REPOSITORY = resolve(import.meta.dir, "../../..");

/** A folder that is gone after the test. */
export class TemporaryFolder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "skyvox-test-"));

  file(name: string): string {
    return join(this.path, name);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** How a run ended and what it printed. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Variables set for the program beside those of the tests. */
export type Environment = Readonly<Record<string, string>>;

/** Runs `bun run apps/node …` to its end, as a person would type it. */
export async function runNode(
  args: readonly string[],
  timeoutMs = 15_000,
  environment: Environment = {},
): Promise<Ended> {
  const child = startNode(args, timeoutMs, environment);
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, stdout, stderr };
}

/** Starts `bun run apps/node …`; the caller ends it. */
export function startNode(
  args: readonly string[],
  timeoutMs = 60_000,
  environment: Environment = {},
): Bun.Subprocess<"ignore", "pipe", "pipe"> {
  return Bun.spawn([process.execPath, "run", "apps/node", ...args], {
    cwd: REPOSITORY,
    env: { ...process.env, ...environment },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: timeoutMs,
    killSignal: "SIGKILL",
  });
}

/** Reads a stream until a line matches, and returns the match. Fails when the stream ends first. */
export async function lineMatching(stream: ReadableStream<Uint8Array>, pattern: RegExp): Promise<RegExpExecArray> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let text = "";
  try {
    for (;;) {
      const match = pattern.exec(text);
      if (match !== null) return match;
      const { done, value } = await reader.read();
      if (done) throw new Error(`no line matches ${pattern} in:\n${text}`);
      text += decoder.decode(value, { stream: true });
    }
  } finally {
    reader.releaseLock();
  }
}

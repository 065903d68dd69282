/** Starts nodes of engine-node.ts and reads what they print. */
import { join } from "node:path";
import type { EngineNodeLine, EngineNodeSetup } from "./engine-node.ts";

/** A running node. */
export interface EngineNode {
  readonly name: string;
  readonly child: Bun.Subprocess<"pipe", "pipe", "inherit">;
  readonly lines: EngineNodeLine[];
}

/** Starts a node; `prefix` are the words before its command, as for a namespace. The stack of the caller kills it. */
export function startEngineNode(
  setup: EngineNodeSetup,
  ends: AsyncDisposableStack,
  prefix: readonly string[] = [],
): EngineNode {
  const child = Bun.spawn([...prefix, process.execPath, join(import.meta.dir, "engine-node.ts")], {
    ...{ stdin: "pipe", stdout: "pipe", stderr: "inherit" },
  });
  ends.defer(async () => {
    child.kill("SIGKILL");
    await child.exited;
  });
  const lines: EngineNodeLine[] = [];
  void read(child.stdout, lines);
  child.stdin.write(`${JSON.stringify(setup)}\n`);
  child.stdin.flush();
  return { name: setup.name, child, lines };
}

async function read(stdout: ReadableStream<Uint8Array>, lines: EngineNodeLine[]): Promise<void> {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const chunk of stdout) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = parts.pop() ?? "";
    lines.push(...parts.map((part) => JSON.parse(part) as EngineNodeLine));
  }
}

/** The last line of a kind that a node printed. */
export function lastOf({ lines }: EngineNode, event: EngineNodeLine["event"]): EngineNodeLine | undefined {
  return lines.findLast((line) => line.event === event);
}

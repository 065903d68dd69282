/** A busy event loop is no death: real processes over a real engine, their loops stopped for two seconds. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import type { NatsCredentials } from "../src/engine-keys.ts";
import { findNatsServer, NatsServerChild } from "../src/nats-server-child.ts";
import { joinNode, until } from "./cluster-fixture.ts";

const isThere = findNatsServer(null) !== null;
if (!isThere) console.log("skipped: the pulse of a node, no nats-server was found");

const STANDSTILL_MS = 2000;

/** Starts a node in a process; `lines` grows by what it prints. */
function startNode(name: string, vouchMs: string, credentials: NatsCredentials, ends: AsyncDisposableStack) {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "pulse-process.ts"), name, vouchMs], {
    ...{ stdin: "pipe", stdout: "pipe", stderr: "inherit" },
  });
  ends.defer(async () => {
    child.kill("SIGKILL");
    await child.exited;
  });
  const say = (line: string) => {
    child.stdin.write(`${line}\n`);
    child.stdin.flush();
  };
  const lines: string[] = [];
  void (async () => {
    for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream()))
      lines.push(...chunk.trim().split("\n"));
  })();
  say(JSON.stringify(credentials));
  return { say, lines };
}

test.skipIf(!isThere)(
  "A node whose event loop stands still for two seconds is not taken for dead, one without a pulse is, and so is one for which it vouches no longer",
  async () => {
    await using ends = new AsyncDisposableStack();
    const server = ends.use(await NatsServerChild.start({ host: "127.0.0.1", program: null }));
    const { credentials } = server;
    const { cluster, told } = await joinNode("a", credentials, ends);
    cluster.start({ master: true });
    const nodes = [
      startNode("with", "5000", credentials, ends),
      startNode("without", "none", credentials, ends),
      startNode("short", "300", credentials, ends),
    ];
    await until(() => nodes.every(({ lines }) => lines.includes("ready")));
    for (const { say } of nodes) say(`${STANDSTILL_MS}`);
    await until(() => nodes.every(({ lines }) => lines.includes("went on")));
    const died = told.filter((line) => line.startsWith("died"));
    expect(died.sort()).toEqual(["died short", "died without"]);
    await until(() => cluster.getClusterStatus().members.every(({ state }) => state === "healthy"));
    expect(told.filter((line) => line.startsWith("joined")).sort()).toEqual([
      ...["joined short", "joined short", "joined with", "joined without", "joined without"],
    ]);
  },
  60_000,
);

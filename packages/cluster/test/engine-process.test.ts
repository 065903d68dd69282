import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { engineCredentials, engineSecret } from "../src/engine-keys.ts";
import { FabricError } from "../src/fabric.ts";
import { connectNats } from "../src/fabric-nats.ts";
import { findNatsServer, NatsServerChild } from "../src/nats-server-child.ts";

const isThere = findNatsServer(null) !== null;
if (!isThere) console.log("skipped: tests of the engine's process, no nats-server was found");

/** Starts the process of engine-process.ts and waits for its line. */
async function spawnPeer(
  ...args: string[]
): Promise<{ child: Bun.Subprocess<"pipe", "pipe", "inherit">; pid: number }> {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "engine-process.ts"), ...args], {
    ...{ stdin: "pipe", stdout: "pipe", stderr: "inherit" },
  });
  const { value } = await child.stdout.getReader().read();
  return { child, pid: JSON.parse(new TextDecoder().decode(value)).pid };
}

/** True while a process is there and is no zombie. */
function runs(pid: number): boolean {
  const path = `/proc/${pid}/stat`;
  return existsSync(path) && !/\) [ZX] /.test(readFileSync(path, "utf8"));
}

test.skipIf(!isThere)("The engine's server ends when the process that started it is killed", async () => {
  const { child, pid } = await spawnPeer();
  expect(runs(pid)).toBe(true);
  child.kill("SIGKILL");
  await child.exited;
  const endMs = performance.now() + 5000;
  while (runs(pid) && performance.now() < endMs) await Bun.sleep(1);
  expect(runs(pid)).toBe(false);
});

test.skipIf(!isThere)("A killed process is told of by the name of its connection", async () => {
  await using server = await NatsServerChild.start({ host: "127.0.0.1", program: null });
  const { credentials } = server;
  await using fabric = await connectNats({ name: "observer", credentials, replicas: 1 });
  const { promise, resolve } = Promise.withResolvers<number>();
  fabric.onDisconnect(({ name }) => name === "to be killed" && resolve(performance.now()));
  const { child } = await spawnPeer(JSON.stringify(credentials));
  const killedMs = performance.now();
  child.kill("SIGKILL");
  const noticedMs = (await promise) - killedMs;
  // The limit of the product is 50 ms; a test on a busy machine allows more.
  expect(noticedMs).toBeLessThan(500);
  await child.exited;
});

test.skipIf(!isThere)("A wrong token is refused in one line that does not repeat it", async () => {
  await using server = await NatsServerChild.start({ host: "127.0.0.1", program: null });
  const credentials = engineCredentials(server.credentials.url, engineSecret("a guess"));
  const error = await connectNats({ name: "intruder", credentials, replicas: 1 }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(FabricError);
  expect(String(error)).toMatch(
    /Cannot connect to engine at nats:\/\/127\.0\.0\.1:\d+: .*Authorization.*, need one that/i,
  );
  expect(String(error)).not.toContain("a guess");
});

test.skipIf(!isThere)("A program that is no engine is told with its last line, and leaves no process", async () => {
  const start = NatsServerChild.start({ host: "127.0.0.1", program: "/bin/false" });
  await expect(start).rejects.toThrow("Cannot start engine: it ended with status 1");
});

test.skipIf(!isThere)(
  "Without its engine a fabric drops messages and refuses requests at once, and can be closed",
  async () => {
    await using server = await NatsServerChild.start({ host: "127.0.0.1", program: null });
    const fabric = await connectNats({ name: "a", credentials: server.credentials, replicas: 1 });
    expect(await fabric.createKey("master.1", "a")).toBe(true);
    server.kill();
    await server.ended;
    // The socket's end is noticed soon after; until then an answer does not come.
    let fault = "";
    while (fault !== "unavailable") {
      fault = await fabric.request("anything", new Uint8Array(), 50).then(
        () => "answered",
        (error: unknown) => (error instanceof FabricError ? error.fault : String(error)),
      );
      expect(["timeout", "no-responders", "unavailable"]).toContain(fault);
    }
    fabric.publish("anything", new Uint8Array());
    await expect(fabric.createKey("master.2", "a")).rejects.toThrow('Cannot create key "master.2": the engine is gone');
    await fabric.close();
  },
);

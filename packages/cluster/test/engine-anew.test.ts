/** An engine that dies and is made anew has an empty store; what it forgot must not come back as an old right. */
import { expect, test } from "bun:test";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { engineSecret } from "../src/engine-keys.ts";
import { connectNats } from "../src/fabric-nats.ts";
import { findNatsServer, NatsServerChild } from "../src/nats-server-child.ts";
import { joinNode, until } from "./cluster-fixture.ts";

const isThere = findNatsServer(null) !== null;
if (!isThere) console.log("skipped: an engine that is made anew, no nats-server was found");

const local = { host: "127.0.0.1", program: null, secret: engineSecret("the same token") };

test.skipIf(!isThere)(
  "Epochs rise past those of an engine that was lost and made anew with an empty store",
  async () => {
    await using ends = new AsyncDisposableStack();
    const first = ends.use(await NatsServerChild.start(local));
    const { credentials } = first;
    const port = Number(new URL(credentials.url).port);
    const nodes = [await joinNode("a", credentials, ends), await joinNode("b", credentials, ends)];
    for (const { cluster } of nodes) cluster.start({ master: true });
    await Promise.all(nodes.map(({ cluster }) => cluster.ready({ nodes: 2, timeoutMs: 10_000 })));
    const epochs = () => nodes.map(({ cluster }) => cluster.getClusterStatus().master?.epoch ?? 0);
    const before = Math.max(...epochs());
    first.kill();
    await first.ended;
    ends.use(await NatsServerChild.start({ ...local, port }));
    const reader = ends.use(await connectNats({ name: "reader", credentials, replicas: 1 }));
    expect(await reader.readKey(`master.${before}`)).toBeNull();
    // Whoever leads now goes; the other claims the next epoch of a store that knows none.
    const leader = () => nodes.find(({ cluster }) => cluster.getClusterStatus().isMaster);
    await until(() => leader() !== undefined && epochs().every((epoch) => epoch >= before));
    const [handed, led] = [leader(), Math.max(...epochs())];
    handed?.cluster.stop();
    const heir = nodes.find((node) => node !== handed);
    await until(() => heir?.cluster.getClusterStatus().isMaster === true);
    const after = heir?.cluster.getClusterStatus().master?.epoch ?? 0;
    expect(after).toBeGreaterThan(led);
    expect(await reader.readKey(`master.${after}`)).toBe(heir === nodes[0] ? "a" : "b");
  },
  30_000,
);

test.skipIf(!isThere)("What a killed process left behind is deleted by the next server, and nothing else", async () => {
  // No process has a number past the largest that the kernel gives.
  const [stale, own, other] = ["skyvox-nats-4194305-x", `skyvox-nats-${process.pid}-x`, "skyvox-other-4194305-x"].map(
    (name) => join(tmpdir(), name),
  ) as [string, string, string];
  for (const folder of [stale, own, other]) mkdirSync(folder, { recursive: true });
  await using _ = await NatsServerChild.start(local);
  expect([stale, own, other].map((folder) => existsSync(folder))).toEqual([false, true, true]);
  for (const folder of [own, other]) rmSync(folder, { recursive: true });
});

/** One contract for all fabrics; the one over NATS runs against a real server. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { systemAlarmClock } from "@skyvox/core";
import { type Fabric, FabricError, matchesSubject } from "../src/fabric.ts";
import { LocalEngine } from "../src/fabric-local.ts";
import { connectNats } from "../src/fabric-nats.ts";
import { findNatsServer, NatsServerChild } from "../src/nats-server-child.ts";

interface Engine {
  connect(name: string): Promise<Fabric>;
  stop(): Promise<void>;
}

const engines: { kind: "local" | "nats"; start: () => Promise<Engine> }[] = [
  {
    kind: "local",
    start: async () => {
      const engine = new LocalEngine({ clock: systemAlarmClock });
      return { connect: async (name) => engine.connect(name), stop: async () => {} };
    },
  },
];

if (findNatsServer(null) === null) {
  console.log(
    'skipped: the fabric over NATS, no nats-server was found; type: sudo sh -c "apt-get install -y nats-server"',
  );
} else {
  engines.push({
    kind: "nats",
    start: async () => {
      const server = await NatsServerChild.start({ host: "127.0.0.1", program: null });
      const { credentials } = server;
      return {
        connect: (name) => connectNats({ name, credentials, replicas: 1 }),
        stop: () => server[Symbol.asyncDispose](),
      };
    },
  });
}

const bytesOf = (text: string) => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** Makes sure that the engine has taken every subscription of a connection. */
async function settled(fabric: Fabric): Promise<void> {
  using _ = fabric.subscribe(`settled.${fabric.name}`, ({ respond }) => respond(bytesOf("yes")));
  await fabric.request(`settled.${fabric.name}`, bytesOf("?"), 5000);
}

async function faultOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return "none";
  } catch (error) {
    if (!(error instanceof FabricError)) throw error;
    expect(error.message).toMatch(/^Cannot .*: .*, need /);
    return error.fault;
  }
}

for (const { kind, start } of engines) {
  describe(`Fabric ${kind}`, () => {
    let engine: Engine;
    beforeAll(async () => {
      engine = await start();
    });
    afterAll(() => engine.stop());

    test("describes itself", async () => {
      await using a = await engine.connect("a");
      const { kind: found, engine: name } = a.describe();
      expect(found).toBe(kind);
      expect(name).toMatch(kind === "local" ? /^in-process$/ : /^nats-server \d+\.\d+/);
      expect(a.describe().limits.length).toBeGreaterThan(0);
    });

    test("delivers to all who listen, itself included, in order, and only what they ask for", async () => {
      await using a = await engine.connect("a");
      await using b = await engine.connect("b");
      const heard: string[] = [];
      const { promise, resolve } = Promise.withResolvers<void>();
      a.subscribe("order.*", ({ bytes }) => heard.push(`a${textOf(bytes)}`));
      b.subscribe("order.>", ({ subject, bytes }) => {
        heard.push(`b${textOf(bytes)}`);
        if (subject === "order.last.one") resolve();
      });
      await settled(a);
      await settled(b);
      for (let i = 0; i < 100; i++) a.publish("order.up", bytesOf(`${i}`));
      a.publish("other.up", bytesOf("never"));
      a.publish("order.last.one", bytesOf("end"));
      await promise;
      await settled(a);
      const numbers = Array.from({ length: 100 }, (_, i) => `${i}`);
      expect(heard.filter((each) => each.startsWith("a"))).toEqual(numbers.map((each) => `a${each}`));
      expect(heard.filter((each) => each.startsWith("b"))).toEqual([...numbers, "end"].map((each) => `b${each}`));
    });

    test("hears nothing any more on a subscription that was ended", async () => {
      await using a = await engine.connect("a");
      const heard: string[] = [];
      const subscription = a.subscribe("ended", ({ bytes }) => heard.push(textOf(bytes)));
      a.publish("ended", bytesOf("1"));
      await settled(a);
      subscription[Symbol.dispose]();
      a.publish("ended", bytesOf("2"));
      await settled(a);
      expect(heard).toEqual(["1"]);
    });

    test("copies what is published", async () => {
      await using a = await engine.connect("a");
      const { promise, resolve } = Promise.withResolvers<string>();
      a.subscribe("copied", ({ bytes }) => resolve(textOf(bytes)));
      await settled(a);
      const bytes = bytesOf("before");
      a.publish("copied", bytes);
      bytes.fill(0);
      expect(await promise).toBe("before");
    });

    test("answers requests, tells a silent listener from none, and ends open requests when it closes", async () => {
      await using a = await engine.connect("a");
      const b = await engine.connect("b");
      b.subscribe("ask.echo", ({ bytes, respond }) => respond(bytesOf(`${textOf(bytes)}!`)));
      b.subscribe("ask.silent", () => {});
      await settled(b);
      expect(textOf(await a.request("ask.echo", bytesOf("hello"), 5000))).toBe("hello!");
      expect(await faultOf(a.request("ask.nobody", bytesOf(""), 5000))).toBe("no-responders");
      expect(await faultOf(a.request("ask.silent", bytesOf(""), 30))).toBe("timeout");
      const open = faultOf(b.request("ask.silent", bytesOf(""), 60_000));
      await b.close();
      expect(await open).toBe("closed");
      expect(() => b.publish("ask.echo", bytesOf(""))).toThrow("Cannot use fabric: it is closed");
    });

    test("lets one of many create a key, and reads what that one wrote", async () => {
      await using a = await engine.connect("a");
      await using b = await engine.connect("b");
      await using c = await engine.connect("c");
      expect(await a.readKey("race.0")).toBeNull();
      for (let round = 0; round < 50; round++) {
        const key = `race.${round}`;
        const won = await Promise.all([a, b, c].map((fabric) => fabric.createKey(key, fabric.name)));
        expect(won.filter((each) => each)).toHaveLength(1);
        expect(await a.readKey(key)).toBe(["a", "b", "c"][won.indexOf(true)]!);
      }
      await a.deleteKey("race.0");
      expect(await b.readKey("race.0")).toBeNull();
    });

    test("tells others by name when a connection ends", async () => {
      await using a = await engine.connect("a");
      const { promise, resolve } = Promise.withResolvers<string>();
      a.onDisconnect(({ name }) => name === "short-lived" && resolve(name));
      await settled(a);
      const b = await engine.connect("short-lived");
      await settled(b);
      await b.close();
      expect(await promise).toBe("short-lived");
    });
  });
}

test("A subject matches by words, one for a star, the rest for a last angle", () => {
  const matches = ["a.b", "a.*", "a.>", "*.b", ">"].map((pattern) => matchesSubject(pattern, "a.b"));
  expect(matches).toEqual([true, true, true, true, true]);
  const misses = ["a", "a.b.c", "a.b.>", "*", "b.*"].map((pattern) => matchesSubject(pattern, "a.b"));
  expect(misses).toEqual([false, false, false, false, false]);
});

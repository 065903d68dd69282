/** The engine's door: who gets in, what is written where, and what a machine that listens for others needs. */
import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nkeys } from "@nats-io/transport-node";
import { type EngineTls, engineCredentials, engineSecret } from "../src/engine-keys.ts";
import { connectNats } from "../src/fabric-nats.ts";
import { findNatsServer, isLoopback, NatsServerChild } from "../src/nats-server-child.ts";
import { userSeed } from "../src/nkey-seed.ts";

const isThere = findNatsServer(null) !== null;
if (!isThere) console.log("skipped: tests of the engine's door, no nats-server was found");

const local = { host: "127.0.0.1", program: null };
const secret = engineSecret("a token of the cluster");

const folder = mkdtempSync(join(tmpdir(), "skyvox-tls-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Makes an authority and a certificate for 127.0.0.1 that it signed. */
function makeCertificates(): EngineTls {
  const at = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => {
    const { exitCode, stderr } = Bun.spawnSync(["openssl", ...args]);
    if (exitCode !== 0) throw new Error(stderr.toString());
  };
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
  openssl("req", "-x509", ...key, "-keyout", at("ca.key"), "-out", at("ca.pem"), "-subj", "/CN=test authority");
  const signed = ["-CA", at("ca.pem"), "-CAkey", at("ca.key"), "-addext", "subjectAltName=IP:127.0.0.1"];
  openssl("req", "-x509", ...key, ...signed, "-keyout", at("key.pem"), "-out", at("cert.pem"), "-subj", "/CN=engine");
  return { certFile: at("cert.pem"), keyFile: at("key.pem"), caFile: at("ca.pem") };
}

/** Everything that another user of the machine, or the writer of a log, can see of a process. */
function visibleOf(pid: number): string {
  const environment = readFileSync(`/proc/${pid}/environ`, "utf8");
  return readFileSync(`/proc/${pid}/cmdline`, "utf8") + environment;
}

describe("A user's seed", () => {
  test("is written as the keys of NATS are, for any 32 bytes", () => {
    for (const fill of [0, 1, 127, 255]) {
      const seed = userSeed(new Uint8Array(32).fill(fill));
      expect(seed).toMatch(/^SU[A-Z2-7]{56}$/);
      expect(nkeys.fromSeed(new TextEncoder().encode(seed)).getPublicKey()).toMatch(/^U[A-Z2-7]{55}$/);
    }
    // The reference library writes a pair of its own the same way.
    const pair = nkeys.createUser();
    const written = new TextDecoder().decode(pair.getSeed());
    const raw = rawOf(written);
    expect(userSeed(raw)).toBe(written);
  });
});

/** The 32 bytes within a written seed: base32 after two bytes of prefix. */
function rawOf(seed: string): Uint8Array {
  const bits = [...seed].map((letter) =>
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0"),
  );
  const text = bits.join("");
  return Uint8Array.from({ length: 32 }, (_, index) => Number.parseInt(text.slice(16 + 8 * index, 24 + 8 * index), 2));
}

describe.skipIf(!isThere)("An engine", () => {
  test("lets in who has the token, and turns away who has another in one line, counted and told, while others go on", async () => {
    await using server = await NatsServerChild.start({ ...local, secret });
    const { url } = server.credentials;
    const told: string[] = [];
    let total = 0;
    const { promise, resolve } = Promise.withResolvers<void>();
    await using friend = await connectNats({
      ...{ name: "friend", credentials: engineCredentials(url, engineSecret("a token of the cluster")), replicas: 1 },
      onRefused: (refusal) => {
        total = refusal.total;
        if (refusal.line !== null) told.push(refusal.line);
        if (total === 3) resolve();
      },
    });
    using _ = friend.subscribe("echo", ({ bytes, respond }) => respond(bytes));
    for (let attempt = 0; attempt < 3; attempt++) {
      const credentials = engineCredentials(url, engineSecret("a guess"));
      const refused = connectNats({ name: "intruder", credentials, replicas: 1 });
      await expect(refused).rejects.toThrow(
        /^Cannot connect to engine at nats:.*Authorization.*, need one that lets us in$/i,
      );
    }
    await promise;
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(/^Cannot admit connection "intruder" from 127\.0\.0\.1: .+, need this cluster's token$/);
    expect([...(await friend.request("echo", Uint8Array.of(7), 5000))]).toEqual([7]);
  });

  test("keeps its secret out of arguments, environment and log, and its files to their owner", async () => {
    await using server = await NatsServerChild.start({ ...local, secret });
    const { userSeed: seed, systemSeed, url } = server.credentials;
    await using _ = await connectNats({ name: "a", credentials: server.credentials, replicas: 1 });
    const home = readFileSync(`/proc/${server.pid}/cmdline`, "utf8")
      .split("\0")
      .find((word) => word.endsWith("server.conf"));
    const files = join(home ?? "", "..");
    expect(statSync(files).mode & 0o777).toBe(0o700);
    expect(statSync(home ?? "").mode & 0o777).toBe(0o600);
    const texts = ["server.conf", "log"].map((name) => readFileSync(join(files, name), "utf8"));
    for (const text of [...texts, visibleOf(server.pid), readdirSync(files).join()]) {
      for (const hidden of [seed, systemSeed ?? "", Buffer.from(secret).toString("base64url")]) {
        expect(text).not.toContain(hidden);
      }
    }
    expect(url).toMatch(/^nats:\/\/127\.0\.0\.1:\d+$/);
  });
});

describe.skipIf(!isThere)("An engine that other machines may reach", () => {
  test("does not listen for other machines without a token, and says what it cannot promise without certificates", async () => {
    for (const host of ["0.0.0.0", "192.0.2.7", "::"]) {
      const start = NatsServerChild.start({ host, program: null });
      await expect(start).rejects.toThrow(
        `Cannot start engine: it would listen on ${host} and no cluster token is set, need a token or an address of this machine only`,
      );
    }
    await using server = await NatsServerChild.start({ host: "0.0.0.0", program: null, secret });
    expect(server.limits).toEqual(["messages between machines can be read on the way: no certificate was given"]);
    expect(server.credentials.url).toMatch(/^nats:\/\/127\.0\.0\.1:\d+$/);
    for (const url of server.urls) expect(url).toMatch(/^nats:\/\/\d+\.\d+\.\d+\.\d+:\d+$/);
    await using fabric = await connectNats({ name: "a", credentials: server.credentials, replicas: 1 });
    expect(fabric.describe().kind).toBe("nats");
  });

  test("with certificates speaks TLS only, and is believed only where their authority is", async () => {
    const tls = makeCertificates();
    await using server = await NatsServerChild.start({ ...local, secret, tls });
    expect(server.limits).toEqual([]);
    await using fabric = await connectNats({ name: "a", credentials: server.credentials, replicas: 1 });
    expect(await fabric.createKey("master.1", "a")).toBe(true);
    const unsure = engineCredentials(server.credentials.url, secret);
    await expect(connectNats({ name: "b", credentials: unsure, replicas: 1 })).rejects.toThrow(/certificate/i);
  });
});

test("Addresses of this machine only are told from others", () => {
  expect(["127.0.0.1", "127.8.0.1", "localhost", "::1"].map(isLoopback)).toEqual([true, true, true, true]);
  expect(["0.0.0.0", "10.0.0.1", "::", "127.example.org"].map(isLoopback)).toEqual([false, false, false, false]);
});

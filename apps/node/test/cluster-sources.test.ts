/**
 * What a cluster makes of a source that only one of its nodes can open, and of engines that speak TLS.
 *
 * Each test has a cluster of its own, two nodes each.
 */
import { expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { findNatsServer } from "@skyvox/cluster";
import type { AllocationFacts, ClusterFacts, NodeFacts } from "../src/cluster/cluster-view.ts";
import { ask, askUntil, TestCluster } from "./cluster-nodes.ts";
import { runNode } from "./run-node.ts";

setDefaultTimeout(60_000);

const isThere = findNatsServer(null) !== null;
if (!isThere) console.log("skipped: sources in clusters of real nodes, no nats-server was found");

/** Adds a camera that reads pictures beside the site's file, where the worker, which starts elsewhere, finds none. */
async function addPictures({ folder }: TestCluster): Promise<void> {
  const site = await Bun.file(folder.file("site.json")).json();
  const [first] = site.cameras;
  const still = { ...first, id: "still", source: "images:still/*.pgm", frameRateHz: 30 };
  await Bun.write(folder.file("site.json"), JSON.stringify({ ...site, cameras: [...site.cameras, still] }));
  mkdirSync(folder.file("still"));
  const { widthPx, heightPx } = first.intrinsics;
  const head = new TextEncoder().encode(`P5\n${widthPx} ${heightPx}\n255\n`);
  const picture = Buffer.concat([head, Buffer.alloc(widthPx * heightPx, 90)]);
  for (const name of ["1.pgm", "2.pgm", "3.pgm"]) writeFileSync(folder.file(`still/${name}`), picture);
}

/** Makes an authority and a certificate for 127.0.0.1 that it signed; returns the flags that name them. */
function makeCertificate({ folder }: TestCluster): string[] {
  const openssl = (...args: string[]) => {
    const { exitCode, stderr } = Bun.spawnSync(["openssl", "req", "-x509", "-nodes", "-days", "2", ...args]);
    if (exitCode !== 0) throw new Error(stderr.toString());
  };
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
  const [ca, caKey, cert, certKey] = ["ca.pem", "ca.key", "cert.pem", "cert.key"].map((name) => folder.file(name));
  openssl(...key, "-keyout", `${caKey}`, "-out", `${ca}`, "-subj", "/CN=test authority");
  const signed = ["-CA", `${ca}`, "-CAkey", `${caKey}`, "-addext", "subjectAltName=IP:127.0.0.1"];
  openssl(...key, ...signed, "-keyout", `${certKey}`, "-out", `${cert}`, "-subj", "/CN=engine");
  return ["--tls-cert", `${cert}`, "--tls-key", `${certKey}`, "--tls-ca", `${ca}`];
}

test.skipIf(!isThere)(
  "Nodes whose engines speak TLS share cameras; one that does not know the authority stays out",
  async () => {
    await using cluster = await TestCluster.create();
    cluster.moreFlags = makeCertificate(cluster);
    const [leader] = await Promise.all([cluster.start("a", "master"), cluster.start("w", "worker")]);
    const isShared = ({ placements }: AllocationFacts) => placements.some(({ holder }) => holder === "w");
    await askUntil<AllocationFacts>(leader, "allocation", isShared);
    const { fabric } = await ask<ClusterFacts>(leader, "cluster");
    cluster.moreFlags = [];
    const stranger = await runNode([...cluster.flags("x", "worker"), "--join", fabric.url ?? ""], 30_000);
    expect(stranger.code).toBe(1);
    expect(stranger.stderr).toMatch(
      /^Cannot connect to engine at nats:\S+: .*certificate.*, need one that lets us in$/m,
    );
  },
);

test.skipIf(!isThere)(
  "A source that a node cannot open is left to one that can, and named where none may",
  async () => {
    await using cluster = await TestCluster.create();
    await addPictures(cluster);
    const [leader] = await Promise.all([cluster.start("a", "master"), cluster.start("w", "worker")]);
    await askUntil<{ nodes: NodeFacts[] }>(leader, "nodes", ({ nodes }) => nodes.length === 2);
    const order = (name: string) => fetch(`${leader.url}/api/v1/nodes/a/${name}`, { method: "POST" });
    expect((await order("drain")).status).toBe(202);
    const drained = await askUntil<AllocationFacts>(leader, "allocation", ({ unplaced }) => unplaced.length > 0);
    expect(drained.unplaced).toEqual([{ cameraId: "still", why: '"a" is drained, "w" cannot reach it' }]);
    const { nodes } = await askUntil<{ nodes: NodeFacts[] }>(leader, "nodes", ({ nodes }) => nodes.length === 2);
    expect(nodes[1]?.cannotOpen.map(({ cameraId }) => cameraId)).toEqual(["still"]);
    expect(nodes[1]?.cannotOpen[0]?.why).toMatch(/^Cannot read images ".*still.*": no such file, need /);
    expect((await order("uncordon")).status).toBe(202);
    const { placements } = await askUntil<AllocationFacts>(
      leader,
      "allocation",
      ({ unplaced }) => unplaced.length === 0,
    );
    expect(placements.find(({ cameraId }) => cameraId === "still")).toMatchObject({ nodeId: "a" });
  },
);

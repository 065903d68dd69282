import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { backendsOf, countGoneOn, followed, followingWithSpare, liveNode, tracksWhere, workerOf } from "./live-node.ts";

// Each test starts the whole program, some of them several times.
setDefaultTimeout(60_000);

test("The demo tracks its targets live and Ctrl-C ends it with exit code 0", async () => {
  await using node = await liveNode(["--kernels", "cpu"]);
  const tracks = await tracksWhere(node.url, (message) => followed(message).size >= 4);
  expect(tracks.truth?.length).toBe(6);
  const snapshot = await fetch(`${node.url}/api/v1/cameras/south-west/snapshot.png?width=320`);
  expect([snapshot.status, snapshot.headers.get("content-type")]).toEqual([200, "image/png"]);
  expect((await fetch(`${node.url}/readyz`)).status).toBe(200);
  expect((await fetch(`${node.url}/api/v1/voxels/summary`)).status).toBe(200);
  node.child.kill("SIGINT");
  expect(await node.child.exited).toBe(0);
});

test("The node's own process holds no kernels, whatever its worker runs", async () => {
  await using node = await liveNode(["--kernels", "cpu"]);
  await tracksWhere(node.url, () => true);
  const librariesOf = (processId: number) => readFileSync(`/proc/${processId}/maps`, "utf8");
  const kernels = /libskyvox_|dawn|libcuda|libvulkan/;
  expect(librariesOf((await workerOf(node.url)).processId)).toMatch(kernels);
  expect(librariesOf(node.child.pid)).not.toMatch(kernels);
});

test("A worker that is killed is replaced and the tracks go on under their ids, each on its target", async () => {
  await using node = await liveNode(["--kernels", "cpu"]);
  const before = await followingWithSpare(node.url);
  process.kill((await workerOf(node.url)).processId, "SIGKILL");
  expect(await countGoneOn(node.url, before)).toBeGreaterThanOrEqual(3);
  expect(await (await fetch(`${node.url}/metrics`)).text()).toMatch(/skyvox_worker_restarts_total 1\b/);
  expect((await backendsOf(node.url)).runs).toMatchObject({
    backend: "cpu",
    reason: "the cpu worker ended with signal SIGKILL; went on with cpu",
  });
});

test("A request to terminate that reaches the worker too still ends the node", async () => {
  await using node = await liveNode(["--kernels", "cpu"]);
  await tracksWhere(node.url, (message) => followed(message).size >= 1);
  process.kill((await workerOf(node.url)).processId, "SIGTERM");
  node.child.kill("SIGTERM");
  expect(await node.child.exited).toBe(0);
});

test("A worker that is frozen does not keep the node from ending", async () => {
  await using node = await liveNode(["--kernels", "cpu"]);
  await tracksWhere(node.url, (message) => followed(message).size >= 1);
  process.kill((await workerOf(node.url)).processId, "SIGSTOP");
  node.child.kill("SIGINT");
  expect(await node.child.exited).toBe(0);
});

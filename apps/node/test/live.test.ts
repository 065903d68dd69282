import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { siteFromScene } from "@skyvox/cameras";
import { pairScene } from "@skyvox/scene";
import type { FrameMemory } from "../src/node-view.ts";
import {
  backendsOf,
  cameraProcessOf,
  camerasWhere,
  countGoneOn,
  followed,
  followingWithSpare,
  liveNode,
  spareOf,
  tracksWhere,
  workerOf,
} from "./live-node.ts";
import { lineMatching, TemporaryFolder } from "./run-node.ts";

// Each test starts the whole program, some of them several times.
setDefaultTimeout(60_000);

test("The demo tracks its targets live and Ctrl-C ends it with exit code 0", async () => {
  await using node = await liveNode(["--kernels", "cpu"]);
  const tracks = await tracksWhere(node.url, (message) => followed(message).size >= 4);
  expect(tracks.truth?.length).toBe(6);
  // A worker that gets no core for two seconds has no picture to give: 404, and the next request may be luckier.
  const snapshots: Response[] = [];
  await tracksWhere(node.url, async () => {
    const snapshot = await fetch(`${node.url}/api/v1/cameras/south-west/snapshot.png?width=320`);
    if (snapshot.status === 200) snapshots.push(snapshot);
    return snapshot.status === 200;
  });
  expect(snapshots[0]?.headers.get("content-type")).toBe("image/png");
  expect((await fetch(`${node.url}/readyz`)).status).toBe(200);
  expect((await fetch(`${node.url}/api/v1/voxels/summary`)).status).toBe(200);
  node.child.kill("SIGINT");
  expect(await node.child.exited).toBe(0);
});

test("The node's own process holds no kernels, whatever its worker runs", async () => {
  await using node = await liveNode(["--kernels", "cpu"]);
  await tracksWhere(node.url, () => true);
  const librariesOf = (processId: number) => readFileSync(`/proc/${processId}/maps`, "utf8");
  const kernels = /libskyvox_(cpu|cuda)|dawn|libcuda|libvulkan/;
  expect(librariesOf((await workerOf(node.url)).processId)).toMatch(kernels);
  expect(librariesOf(node.child.pid)).not.toMatch(kernels);
});

// The next worker's first picture holds the targets where they are then: until that background has faded each shows twice, and some of
// the tracks, more or fewer by where the targets fly, end or go to another.
test("A worker that is killed is replaced and tracks go on under their ids, each on its target", async () => {
  await using node = await liveNode(["--kernels", "cpu"]);
  await tracksWhere(node.url, ({ timeS }) => timeS > 3);
  const before = await followingWithSpare(node.url);
  process.kill((await workerOf(node.url)).processId, "SIGKILL");
  expect(await countGoneOn(node.url, before)).toBeGreaterThanOrEqual(1);
  expect(await (await fetch(`${node.url}/metrics`)).text()).toMatch(/skyvox_worker_restarts_total 1\b/);
  expect((await backendsOf(node.url)).runs).toMatchObject({
    backend: "cpu",
    reason: "the cpu worker ended with signal SIGKILL; went on with cpu",
  });
});

test("A camera process that is killed is replaced: the same worker goes on with the same tracks, and no frame is left over", async () => {
  await using node = await liveNode(["--kernels", "cpu"]);
  const before = await followingWithSpare(node.url);
  const worker = (await workerOf(node.url)).processId;
  const killed = await cameraProcessOf(node.url);
  process.kill(killed, "SIGKILL");
  await lineMatching(node.child.stderr, /the camera process ended with signal SIGKILL; another one reads the sources/);
  expect(await countGoneOn(node.url, before)).toBeGreaterThanOrEqual(3);
  expect((await workerOf(node.url)).processId).toBe(worker);
  expect(await cameraProcessOf(node.url)).not.toBe(killed);
});

test("A camera process that stands still makes the node not ready, and ready again when it goes on", async () => {
  await using node = await liveNode(["--kernels", "cpu"]);
  await tracksWhere(node.url, (message) => followed(message).size >= 1);
  const camera = await cameraProcessOf(node.url);
  const readyWhere = async (status: number) => {
    for (;;) {
      const response = await fetch(`${node.url}/readyz`);
      if (response.status === status) return JSON.stringify(await response.json());
      await Bun.sleep(50);
    }
  };
  process.kill(camera, "SIGSTOP");
  expect(await readyWhere(503)).toMatch(/4 of 4 running, read by process \d+, nothing heard for \d+ s/);
  process.kill(camera, "SIGCONT");
  await readyWhere(200);
});

test("The frames of a site go through shared memory, and the API counts them", async () => {
  await using node = await liveNode(["--kernels", "cpu"]);
  await tracksWhere(node.url, (message) => followed(message).size >= 1);
  const stats = (await (await fetch(`${node.url}/api/v1/pipeline/stats`)).json()) as { frames: FrameMemory };
  // Eight slots of 1280 x 720 bytes for each of four cameras, and what finds them.
  expect(stats.frames.memoryBytes).toBeGreaterThan(4 * 8 * 1280 * 720);
  expect(stats.frames.memoryBytes).toBeLessThan(4 * 8 * 1280 * 720 * 1.02);
  for (const camera of stats.frames.cameras) {
    expect(camera).toMatchObject({ aborted: 0, refused: 0, evicted: 0 });
    expect(camera.published).toBeGreaterThan(3);
  }
});

test("A worker that dies while it stands by is replaced, unless four have within a minute; a takeover brings the next", async () => {
  using folder = new TemporaryFolder();
  const site = folder.file("site.json");
  await Bun.write(site, JSON.stringify(siteFromScene(pairScene(1), "scene:pair")));
  await using node = await liveNode(["--site", site, "--kernels", "cpu"]);
  const killed = new Set<number>();
  for (let death = 1; death <= 4; death++) {
    const spare = await spareOf(node.url);
    killed.add(spare);
    process.kill(spare, "SIGKILL");
    const next =
      death <= 3 ? "another is made ready" : "none stands by until the next takeover, as 4 ended within a minute";
    await lineMatching(node.child.stderr, new RegExp(`the worker that stood by ended with signal SIGKILL; ${next}\n`));
  }
  expect(killed.size).toBe(4);
  const { processId, spareProcessId } = await workerOf(node.url);
  expect(spareProcessId).toBeNull();
  process.kill(processId, "SIGKILL");
  expect(killed).not.toContain(await spareOf(node.url));
});

test("A node whose cameras have all ended serves what it has but is not ready", async () => {
  using folder = new TemporaryFolder();
  const site = folder.file("site.json");
  await Bun.write(site, JSON.stringify(siteFromScene(pairScene(1), "scene:pair?frames=30")));
  await using node = await liveNode(["--site", site, "--kernels", "cpu"]);
  await camerasWhere(node.url, ({ cameras }) => cameras.every(({ state }) => state === "ended"));
  const ready = await fetch(`${node.url}/readyz`);
  const { detail, checks } = (await ready.json()) as { detail: string; checks: object[] };
  expect([ready.status, detail]).toEqual([503, "Cannot work: cameras not ok, need every check ok"]);
  expect(checks).toContainEqual({ name: "cameras", ok: false, detail: "0 of 4 running" });
  expect((await fetch(`${node.url}/api/v1/tracks`)).status).toBe(200);
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

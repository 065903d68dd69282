/** Profiles set how frames come through shared memory; what is made of them stays the same. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { frameProfileNames, sceneOfSource, siteFromScene } from "@skyvox/cameras";
import type { FrameMemory } from "../src/node-view.ts";
import { followed, liveNode, tracksWhere } from "./live-node.ts";
import { runNode, TemporaryFolder } from "./run-node.ts";

// Each test starts the whole program, one of them four times.
setDefaultTimeout(60_000);

test("Every profile gives the same tracks, and the start says its knobs", async () => {
  using folder = new TemporaryFolder();
  const site = folder.file("site.json");
  const source = "scene:pair?frames=20";
  await Bun.write(site, JSON.stringify(siteFromScene(sceneOfSource(source), source)));
  const hashes = new Set<string>();
  const said: string[] = [];
  for (const profile of frameProfileNames) {
    const ended = await runNode(["--site", site, "--once", "--json", "--kernels", "cpu", "--profile", profile]);
    expect([profile, ended.code]).toEqual([profile, 0]);
    said.push(/^profile +(.*)$/m.exec(ended.stdout)?.[1] ?? "");
    hashes.add(JSON.parse(ended.stdout.trim().split("\n").at(-1) ?? "").tracksSha256);
  }
  expect(hashes.size).toBe(1);
  const rest = "asked again after 100 ms, 3 replacements a minute";
  expect(said).toEqual([
    `balanced: 8 slots a camera, 2 frames ahead, looked for every 1 ms, checked, ${rest}`,
    `throughput: 16 slots a camera, 8 frames ahead, looked for every 1 ms, not checked, ${rest}`,
    `latency: 8 slots a camera, 0 frames ahead, looked for without a pause, not checked, ${rest}`,
    "reliability: 12 slots a camera, 2 frames ahead, looked for every 1 ms, checked, asked again after 20 ms, 12 replacements a minute",
  ]);
});

test("A live node with a profile follows its targets and shows the knobs that it runs with", async () => {
  await using node = await liveNode(["--kernels", "cpu", "--profile", "throughput"]);
  await tracksWhere(node.url, (message) => followed(message).size >= 1);
  const stats = (await (await fetch(`${node.url}/api/v1/pipeline/stats`)).json()) as { frames: FrameMemory };
  expect(stats.frames.profile).toEqual({
    name: "throughput",
    ...{ slots: 16, aheadFrames: 8, pollMs: 1, isChecked: false, repeatMs: 100, replacementsMax: 3 },
  });
  // Sixteen slots of 1280 x 720 bytes for each of four cameras, and what finds them.
  expect(stats.frames.memoryBytes / (4 * 16 * 1280 * 720)).toBeCloseTo(1, 1);
});

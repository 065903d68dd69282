import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { sceneOfSource, siteFromScene } from "@skyvox/cameras";
import { readPly } from "@skyvox/voxels";
import { lineMatching, runNode, startNode, TemporaryFolder } from "./run-node.ts";

// Each test starts the whole program, some of them several times.
setDefaultTimeout(30_000);

/** Writes the site of a simulated scene into a folder and returns its path. */
async function sceneSite(folder: TemporaryFolder, source: string): Promise<string> {
  const path = folder.file("site.json");
  await Bun.write(path, JSON.stringify(siteFromScene(sceneOfSource(source), source)));
  return path;
}

test("A simulated scene played once gives a track per target and the same bytes twice", async () => {
  using folder = new TemporaryFolder();
  const site = await sceneSite(folder, "scene:pair?frames=90");
  const outputs: string[] = [];
  for (const tracks of ["first.csv", "second.csv"].map((name) => folder.file(name))) {
    const voxels = folder.file("voxels.ply");
    const flags = ["--site", site, "--once", "--json", "--kernels", "cpu", "--tracks", tracks, "--voxels", voxels];
    const ended = await runNode(flags);
    expect(ended.stderr).not.toContain("Cannot");
    expect(ended.code).toBe(0);
    const summary = JSON.parse(ended.stdout.trim().split("\n").at(-1) ?? "") as {
      frameSets: number;
      missingFrames: number;
      confirmedTracks: unknown[];
    };
    expect(summary).toMatchObject({ frameSets: 90, missingFrames: 0 });
    expect(summary.confirmedTracks).toHaveLength(2);
    expect(readPly(new Uint8Array(readFileSync(voxels))).count).toBeGreaterThan(0);
    outputs.push(readFileSync(tracks, "utf8"));
  }
  expect(outputs[1]).toBe(outputs[0] ?? "");
});

test("Reference and cpu kernels give the same tracks to the last byte", async () => {
  using folder = new TemporaryFolder();
  const site = await sceneSite(folder, "scene:pair?frames=30");
  const outputs = await Promise.all(
    ["cpu", "reference"].map(async (kernels) => {
      const tracks = folder.file(`${kernels}.csv`);
      const ended = await runNode(["--site", site, "--once", "--kernels", kernels, "--tracks", tracks]);
      expect(ended.code).toBe(0);
      return readFileSync(tracks, "utf8");
    }),
  );
  expect(outputs[0]?.split("\n").length).toBeGreaterThan(30);
  expect(outputs[1]).toBe(outputs[0] ?? "");
});

test("Ctrl-C in the middle of a run leaves whole rows and exit code 1", async () => {
  using folder = new TemporaryFolder();
  const site = await sceneSite(folder, "scene:pair?frames=100000");
  const tracks = folder.file("tracks.csv");
  const child = startNode(["--site", site, "--once", "--kernels", "cpu", "--tracks", tracks]);
  await lineMatching(child.stderr, /playing: .*\n/);
  child.kill("SIGINT");
  const stdout = await new Response(child.stdout).text();
  expect(await child.exited).toBe(1);
  expect(stdout).toContain("interrupted");
  const lines = readFileSync(tracks, "utf8").split("\n");
  expect(lines.at(-1)).toBe("");
  expect(new Set(lines.slice(0, -1).map((line) => line.split(",").length))).toEqual(new Set([15]));
});

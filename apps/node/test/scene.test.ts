import { expect, setDefaultTimeout, test } from "bun:test";
import { createRenderer, pairScene } from "@skyvox/scene";
import { runNode, TemporaryFolder } from "./run-node.ts";

// Each test starts the whole program, some of them several times.
setDefaultTimeout(60_000);

const linesOf = async (path: string) => (await Bun.file(path).text()).trimEnd().split("\n");

test("scene writes a scene of physics that a node plays and score judges", async () => {
  using folder = new TemporaryFolder();
  const [out, tracks] = [folder.file("flight"), folder.file("tracks.csv")];
  const written = await runNode(["scene", "--preset", "short-range", "--seed", "1", "--out", out, "--frames", "40"]);
  expect(written.code).toBe(0);
  expect(written.stdout).toContain("40 frames of 8 cameras, 52 MB");
  expect(await linesOf(`${out}/truth.csv`)).toHaveLength(1 + 40 * 6);
  const sightings = await linesOf(`${out}/sightings.csv`);
  expect(sightings[0]).toBe("camera,frame,target,u_px,v_px,range_m,snr,u_sigma_px,v_sigma_px");
  expect(sightings).toHaveLength(1 + 40 * 6 * 8);
  const played = ["--site", `${out}/site.json`, "--once", "--kernels", "cpu", "--tracks", tracks];
  expect((await runNode(played, 50_000)).code).toBe(0);
  const scored = await runNode(["score", "--tracks", tracks, "--truth", `${out}/truth.csv`, "--from", "0.7", "--json"]);
  expect(scored.stderr).toBe("");
  const score = JSON.parse(scored.stdout.trimEnd().split("\n").at(-1) ?? "");
  expect(score.targetCount).toBe(6);
  expect(score.rates.pd.value).toBeGreaterThan(0.9);
  expect(score.errors[0].rmseM).toBeLessThan(0.5);
});

test("scene writes the pictures that a scene: source shows, and sites that read them", async () => {
  using folder = new TemporaryFolder();
  const out = folder.file("pair");
  expect((await runNode(["scene", "--preset", "pair", "--seed", "3", "--out", out, "--frames", "3"])).code).toBe(0);
  const scene = pairScene(3);
  const [camera] = scene.cameras;
  if (camera === undefined) throw new Error("the pair scene has cameras");
  const expected = new Uint8Array(320 * 240);
  createRenderer(scene, camera).render(2 / 30, 2, expected);
  const file = await Bun.file(`${out}/${camera.id}/000002.pgm`).bytes();
  expect(file.subarray(-expected.length)).toEqual(expected);
  expect(new TextDecoder().decode(file.subarray(0, -expected.length))).toBe("P5\n320 240\n255\n");
  const site = await Bun.file(`${out}/site.json`).json();
  expect(site.cameras[0]).toMatchObject({ source: `images:${camera.id}/*.pgm`, frameRateHz: 30 });
  expect(await linesOf(`${out}/truth.csv`)).toHaveLength(1 + 3 * 2);
});

test("scene writes the detections of a scene for trackers", async () => {
  using folder = new TemporaryFolder();
  const out = folder.file("s1");
  const ended = await runNode(["scene", "--preset", "s1", "--out", out, "--frames", "2"]);
  expect(ended.stdout).toBe(`${out}/detections.csv: 2 scans of 200 targets\n`);
  // Published with the scene: 300 and 286 detections, and where the first target is in the first scan.
  const detections = await linesOf(`${out}/detections.csv`);
  expect(detections.filter((row) => row.startsWith("0.1,"))).toHaveLength(300);
  expect(detections.filter((row) => row.startsWith("0.2,"))).toHaveLength(286);
  expect((await linesOf(`${out}/truth.csv`))[1]).toBe("0.1,t0,508.720440,950.100784,42.972036");
});

test("scene names its presets and explains itself", async () => {
  const listed = await runNode(["scene", "--list"]);
  expect([listed.code, listed.stderr]).toEqual([0, ""]);
  for (const name of ["demo", "sky", "long-range", "short-range", "s1", "s5"]) expect(listed.stdout).toContain(name);
  const help = await runNode(["scene", "--help"]);
  expect(help.stdout).toContain("bun run apps/node scene --preset short-range");
});

test("scene names what is wrong in one line", async () => {
  using folder = new TemporaryFolder();
  const file = folder.file("file");
  await Bun.write(file, "");
  const some = ["--preset", "pair"];
  for (const [args, code, wanted] of [
    [["--out", file], 2, /^Cannot run without --preset: it is missing, need one of demo, pair/],
    [["--preset", "pear", "--out", file], 2, /^Cannot use --preset "pear": need one of demo, pair/],
    [some, 2, /^Cannot run without --out: it is missing, need a folder/],
    [[...some, "--out", folder.path, "--frames", "0"], 2, /^Cannot use --frames "0": need a whole number from 1 on/],
    [[...some, "--out", folder.path, "--seed", "-1"], 2, /^Cannot use --seed "-1": need a whole number/],
    [[...some, "--out", folder.path, "--frame", "3"], 2, /^Cannot read the command line: Unknown option '--frame'/],
    [[...some, "--out", `${file}/pair`], 1, /^Cannot write into ".*file\/pair": .*, need a folder with space/],
  ] as const) {
    const ended = await runNode(["scene", ...args]);
    expect(ended.stderr).toMatch(wanted);
    expect(ended.stderr.trim().split("\n")).toHaveLength(1);
    expect(ended.code).toBe(code);
  }
});

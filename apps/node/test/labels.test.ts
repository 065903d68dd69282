/** Cameras of which only labels are there: their tracks, what is shown of them, and labels that cannot be used. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { type SiteInput, siteFromScene } from "@skyvox/cameras";
import { project } from "@skyvox/core";
import { pairScene, truthAt } from "@skyvox/scene";
import { decode } from "fast-png";
import { camerasWhere, liveNode } from "./live-node.ts";
import { runNode, TemporaryFolder } from "./run-node.ts";

// Each test starts the whole program.
setDefaultTimeout(60_000);

const scene = pairScene(1);
const RATES_HZ = [59.94, 50, 30, 25];
const LAST_S = 4;

/** Writes a site whose cameras have labels of the pair scene's first target, each at its own rate, with clocks half a second early. */
async function writeSite(folder: TemporaryFolder, spoil: (lines: string[]) => string[] = (lines) => lines) {
  const cameras = siteFromScene(scene, "scene:pair").cameras.map((camera, index) => {
    const frameRateHz = RATES_HZ[index] ?? 30;
    return { ...camera, source: `labels:${camera.id}.txt`, frameRateHz, clock: { offsetS: -0.5 }, sigmaPx: 0.3 };
  });
  for (const [index, { id, frameRateHz }] of cameras.entries()) {
    const { intrinsics, pose } = scene.cameras[index]!;
    const lines = Array.from({ length: Math.floor((LAST_S + 0.5) * frameRateHz) }, (_, frame) => {
      const [target] = truthAt(scene, frame / frameRateHz - 0.5);
      const [u, v] = (target && project(intrinsics, pose, target.positionEnuM)) ?? [0, 0];
      return `${frame} ${u.toFixed(3)} ${v.toFixed(3)}`;
    });
    await Bun.write(folder.file(`${id}.txt`), (index === 0 ? spoil(lines) : lines).join("\n"));
  }
  const site = { ...siteFromScene(scene, "scene:pair"), cameras } satisfies SiteInput;
  await Bun.write(folder.file("site.json"), JSON.stringify(site));
  return ["--role", "master", "--site", folder.file("site.json"), "--kernels", "cpu"];
}

test("Labels of four cameras of four rates give one track on their target", async () => {
  using folder = new TemporaryFolder();
  const [tracks, truth] = [folder.file("tracks.csv"), folder.file("truth.csv")];
  const run = await runNode([...(await writeSite(folder)), "--once", "--json", "--tracks", tracks], 50_000);
  expect(run.code).toBe(0);
  expect(run.stdout).toContain("frames    stay within the worker: no camera gives pictures");
  const rows = Array.from({ length: 100 * LAST_S }, (_, row) => {
    const [target] = truthAt(scene, row / 100);
    return [row / 100, target?.name, ...(target?.positionEnuM ?? [])].join(",");
  });
  await Bun.write(truth, ["time_s,target,e_m,n_m,u_m", ...rows].join("\n"));
  const scored = await runNode([
    "score",
    "--tracks",
    tracks,
    "--truth",
    truth,
    "--from",
    "0.5",
    "--to",
    "3.9",
    "--json",
  ]);
  expect(scored.stderr).toBe("");
  const score = JSON.parse(scored.stdout.trimEnd().split("\n").at(-1) ?? "");
  expect(score.targetCount).toBe(1);
  expect(score.rates.pd.value).toBe(1);
  expect(score.clear.falsePositives).toBe(0);
  expect(score.errors[0].rmseM).toBeLessThan(0.1);
});

test("A camera of labels is shown by crosses on a dark picture", async () => {
  using folder = new TemporaryFolder();
  await using node = await liveNode(await writeSite(folder));
  const [first] = scene.cameras;
  await camerasWhere(node.url, ({ cameras }) => cameras.every(({ motionPixels }) => motionPixels === 1));
  const listed = await (await fetch(`${node.url}/api/v1/cameras/${first?.id}`)).json();
  expect(listed).toMatchObject({ source: `labels:${first?.id}.txt`, live: { motionPixels: 1 } });
  const answer = await fetch(`${node.url}/api/v1/cameras/${first?.id}/snapshot.png?width=160`);
  expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "image/png"]);
  const { width, height, data } = decode(await answer.arrayBuffer());
  const pixels = [...data];
  expect([width, height]).toEqual([160, 120]);
  const timeS = Number(answer.headers.get("skyvox-time-s"));
  const [target] = truthAt(scene, timeS);
  const [u, v] = (first && target && project(first.intrinsics, first.pose, target.positionEnuM)) ?? [0, 0];
  const [x, y] = [Math.floor((u + 0.5) / 2), Math.floor((v + 0.5) / 2)];
  expect(pixels[y * width + x]).toBe(255);
  expect(pixels.filter((grey) => grey === 255)).toHaveLength(17);
  expect(pixels.filter((grey) => grey === 24)).toHaveLength(160 * 120 - 17);
});

test("Labels that cannot be used are named with file and line", async () => {
  for (const [spoil, wanted] of [
    [(lines: string[]) => lines.with(2, "2 NaN 4"), /^Cannot read labels "\S+a\.txt" line 3: found "NaN" for x/],
    [(lines: string[]) => lines.with(1, "1 5"), /^Cannot read labels "\S+a\.txt" line 2: found 2 values, need 3/],
    [(lines: string[]) => lines.with(4, lines[3] ?? ""), /a\.txt" line 5: found frame 3 a second time/],
    [
      (lines: string[]) => lines.with(4, "4 320 7"),
      /a\.txt" as camera "a": frame 4 lies at 320, 7, need a place in the/,
    ],
  ] as const) {
    using folder = new TemporaryFolder();
    const run = await runNode([...(await writeSite(folder, spoil)), "--once"]);
    expect(run.stderr).toMatch(wanted);
    expect(run.stderr.trim().split("\n")).toHaveLength(1);
    expect(run.code).toBe(1);
  }
});

test("A data set of labels becomes a draft, which is told what finds the poses", async () => {
  using folder = new TemporaryFolder();
  const [data, draft] = [folder.file("flight"), folder.file("draft.json")];
  const lens = {
    "K-matrix": [
      [900, 0, 320],
      [0, 900, 240],
      [0, 0, 1],
    ],
    distCoeff: [0, 0, 0, 0],
    fps: 50,
    resolution: [640, 480],
  };
  await Bun.write(join(data, "cameras.txt"), "cam0 - phone\ncam1 - phone\n");
  await Bun.write(join(data, "calibration/phone.json"), JSON.stringify(lens));
  const imported = await runNode(["import", "--from", "drone6", "--dir", data, "--out", draft]);
  expect(imported.stderr).toBe("");
  expect(imported.stdout.trimEnd().split("\n")).toEqual([
    "no tables of alpha and beta: the clocks are not synchronised",
    `${draft}: 2 cameras without poses: a draft that the command calibrate completes`,
  ]);
  const { cameras } = await Bun.file(draft).json();
  expect(cameras[1]).toMatchObject({ id: "cam1", source: "labels:flight/detections/cam1.txt", frameRateHz: 50 });
  const run = await runNode(["--site", draft, "--once"]);
  expect(run.stderr).toBe(
    `Cannot read site "${draft}": cameras[0].pose is missing, need an object with "positionM", "orientation" (and 2 more); ` +
      "where poses are not known, the command calibrate finds them\n",
  );
  expect(run.code).toBe(1);
});

test("A data set that is not there and flags that are missing are named in one line", async () => {
  const out = ["--out", "/tmp/draft.json"];
  for (const [args, wanted] of [
    [["--from", "drone6", ...out], /^Cannot run without --dir: it is missing, need a folder$/],
    [["--from", "opencv", ...out], /^Cannot run without --calibration: it is missing, need a file name$/],
    [["--from", "drone6", "--dir", "/nowhere", ...out], /^Cannot read calibration "\/nowhere\/cameras.txt": .*file$/],
    [["--from", "drone7", ...out], /^Cannot use --from "drone7": need qualisys, opencv, metadata or drone6$/],
  ] as const) {
    const ended = await runNode(["import", ...args]);
    expect(ended.stderr.trim()).toMatch(wanted);
    expect(ended.code).not.toBe(0);
  }
});

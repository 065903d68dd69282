import { expect, setDefaultTimeout, test } from "bun:test";
import { runNode, TemporaryFolder } from "./run-node.ts";

// Each test starts the whole program, some of them several times.
setDefaultTimeout(60_000);

const HEADER =
  "time_s,track_id,state,e_m,n_m,u_m,ve_mps,vn_mps,vu_mps,cov_ee_m2,cov_en_m2,cov_eu_m2,cov_nn_m2,cov_nu_m2,cov_uu_m2";
/** A track 3 m north of a target that flies east, from its second second on. */
const TRACKS = [HEADER, ...[1, 2, 3, 4].map((t) => `${t},1,confirmed,${10 * t},3,50,10,0,0,3,0,0,3,0,3`)].join("\n");
const TRUTH = ["time_s,target,e_m,n_m,u_m", ...[0, 1, 2, 3, 4].map((t) => `${t},kite,${10 * t},0,50`)].join("\n");

test("score tells how far a track is from its target, in text, JSON and a page", async () => {
  using folder = new TemporaryFolder();
  const [tracks, truth, html] = [folder.file("tracks.csv"), folder.file("truth.csv"), folder.file("score.html")];
  await Bun.write(tracks, TRACKS);
  await Bun.write(truth, TRUTH);
  const ended = await runNode(["score", "--tracks", tracks, "--truth", truth, "--html", html, "--json"]);
  expect(ended.stderr).toBe("");
  expect(ended.code).toBe(0);
  const lines = ended.stdout.trimEnd().split("\n");
  const score = JSON.parse(lines.at(-1) ?? "");
  expect(score).toMatchObject({ stepCount: 5, targetCount: 1, nees: { sampleCount: 4 } });
  expect(score.errors[0].rmseM).toBeCloseTo(3, 9);
  expect(score.rates.pd.value).toBe(0.8);
  expect(lines[0]).toContain("5 steps from 0 to 4 s, 1 targets, 1 confirmed tracks");
  expect(await Bun.file(html).text()).toContain("<svg ");
});

test("score measures a run of the built-in scene against the scene itself", async () => {
  using folder = new TemporaryFolder();
  const tracks = folder.file("tracks.csv");
  const run = [
    "--role",
    "master",
    "--port",
    "0",
    "--kernels",
    "cpu",
    "--once",
    "--max-seconds",
    "2",
    "--tracks",
    tracks,
  ];
  expect((await runNode(run, 50_000)).code).toBe(0);
  const ended = await runNode(["score", "--tracks", tracks, "--truth", "scene:demo?seed=1", "--from", "1", "--json"]);
  expect(ended.stderr).toBe("");
  const score = JSON.parse(ended.stdout.trimEnd().split("\n").at(-1) ?? "");
  // What the demo shows is right to centimetres, or the frame or the clock of one of the two is wrong.
  expect(score.errors[0].rmseM).toBeLessThan(0.2);
  expect(score.startS).toBeGreaterThanOrEqual(1);
  expect(score.clear.truePositives).toBeGreaterThan(30);
});

test("score names what is wrong in one line", async () => {
  using folder = new TemporaryFolder();
  const [tracks, truth, two] = [folder.file("tracks.csv"), folder.file("truth.csv"), folder.file("two.csv")];
  await Bun.write(tracks, TRACKS);
  await Bun.write(truth, TRUTH);
  await Bun.write(two, `${TRUTH}\n2,bird,0,0,0`);
  const both = ["--tracks", tracks, "--truth", truth];
  for (const [args, code, wanted] of [
    [["--truth", truth], 2, /^Cannot run without --tracks/],
    [["--tracks", "/nowhere.csv", "--truth", truth], 1, /^Cannot read "\/nowhere\.csv"/],
    [["--tracks", truth, "--truth", truth], 1, /does not name track_id, state/],
    [["--tracks", tracks, "--truth", "scene:nothing"], 1, /nothing/],
    [[...both, "--cutoff", "0"], 2, /^Cannot use --cutoff "0": need metres above 0/],
    [[...both, "--from", "100"], 2, /need tracks and truth on one clock/],
    [["--tracks", tracks, "--truth", two, "--pair", "only"], 2, /has several targets, need one/],
    [[...both, "--html", `${tracks}/score.html`], 1, /^Cannot write ".*tracks\.csv\/score\.html"/],
  ] as const) {
    const ended = await runNode(["score", ...args]);
    expect(ended.stderr).toMatch(wanted);
    expect(ended.stderr.trim().split("\n")).toHaveLength(1);
    expect(ended.code).toBe(code);
  }
});

test("score explains itself", async () => {
  const ended = await runNode(["score", "--help"]);
  expect(ended.code).toBe(0);
  expect(ended.stdout).toContain("--tracks FILE.csv");
});

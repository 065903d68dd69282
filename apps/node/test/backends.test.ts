import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { siteFromScene } from "@skyvox/cameras";
import { pairScene } from "@skyvox/scene";
import { answerKey, type KeptAnswers } from "../src/probe-cache.ts";
import { backendsOf, liveNode, spareOf, tracksWhere, workerOf } from "./live-node.ts";
import { type Ended, runNode, TemporaryFolder } from "./run-node.ts";

// Each test starts the whole program, some of them several times.
setDefaultTimeout(60_000);

let folder: TemporaryFolder;
let cache: string;
let site: string;
beforeEach(async () => {
  folder = new TemporaryFolder();
  cache = folder.file("skyvox/backends.json");
  site = folder.file("site.json");
  await Bun.write(site, JSON.stringify(siteFromScene(pairScene(1), "scene:pair?frames=2")));
});
afterEach(() => folder[Symbol.dispose]());

/** Plays two frames, with the cache in the test's own folder. */
async function play(...flags: string[]): Promise<Ended> {
  return await runNode(["--site", site, "--once", "--json", ...flags], 30_000, { XDG_CACHE_HOME: folder.path });
}

function backendOf({ stdout }: Ended): string {
  const summary = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as { backend: string };
  return summary.backend;
}

/** The line that a start prints for a backend. */
function lineOf({ stdout }: Ended, backend: string): string {
  return stdout.split("\n").find((line) => line.slice(10).startsWith(`${backend}: `)) ?? "";
}

const kept = (): KeptAnswers => JSON.parse(readFileSync(cache, "utf8"));
const KNOWN = "as known from an earlier start";

describe("At the start", () => {
  test("every backend's answer is printed with its reason", async () => {
    const first = await play();
    expect(first.code).toBe(0);
    for (const backend of ["cuda", "wgsl", "cpu", "reference"]) expect(lineOf(first, backend)).not.toBe("");
    expect(first.stdout).toMatch(/^kernels {3}\w+: /m);
    expect(first.stdout).not.toContain(KNOWN);
  });

  test("what an earlier start was told is not asked again", async () => {
    expect((await play("--kernels", "cpu")).code).toBe(0);
    const written = readFileSync(cache, "utf8");
    const second = await play("--kernels", "cpu");
    expect(lineOf(second, "cpu")).toEndWith(KNOWN);
    expect(readFileSync(cache, "utf8")).toBe(written);
  });

  test("a library that has changed since is asked again", async () => {
    await play("--kernels", "cpu");
    const { cpu } = kept();
    expect(cpu?.key).toBe(answerKey("cpu"));
    writeFileSync(cache, JSON.stringify({ cpu: { ...cpu, key: "that of another library" } }));
    expect(lineOf(await play("--kernels", "cpu"), "cpu")).not.toContain(KNOWN);
    expect(kept().cpu?.key).toBe(answerKey("cpu"));
  });

  test("a cache that is cut off is written anew", async () => {
    await play("--kernels", "cpu");
    const written = readFileSync(cache, "utf8");
    writeFileSync(cache, written.slice(0, written.length / 2));
    const ended = await play("--kernels", "cpu");
    expect([ended.code, lineOf(ended, "cpu").includes(KNOWN)]).toEqual([0, false]);
    expect(kept().cpu?.report.ok).toBe(true);
  });

  test("a cache that cannot be written is said so, and the run goes on", async () => {
    writeFileSync(folder.file("skyvox"), "a file where the folder would be");
    const ended = await play("--kernels", "cpu");
    expect(ended.stderr).toMatch(/^the backends' answers are not kept for the next start: /m);
    expect(ended.code).toBe(0);
    rmSync(folder.file("skyvox"));
  });
});

const absent: "cuda" | "wgsl" | null = await findAbsent();
const whereOneIsAbsent = test.skipIf(absent === null);
if (absent === null) console.log("skipped where a GPU runs both cuda and wgsl: tests of a backend that is absent");

/** A backend that cannot run on this machine. */
async function findAbsent(): Promise<"cuda" | "wgsl" | null> {
  for (const backend of ["cuda", "wgsl"] as const) {
    const ended = await runNode(["--kernels", backend, "--once", "--max-seconds", "0.1"], 30_000);
    if (ended.code !== 0) return backend;
  }
  return null;
}

describe("A backend that is absent here", () => {
  whereOneIsAbsent("ends the program with one line and its reason when it is asked for", async () => {
    const ended = await play("--kernels", absent ?? "");
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(new RegExp(`^Cannot use kernels "${absent}": \\S.*\\n$`));
    // What the cache says no of is asked again by name: it may have been mended since.
    expect(kept()[absent === "wgsl" ? "wgsl, software too" : "cuda"]?.report.ok).toBe(false);
    expect((await play("--kernels", absent ?? "")).stderr).toBe(ended.stderr);
  });

  whereOneIsAbsent(
    "but was kept as the fastest is asked anew when it does not open, and another one runs",
    async () => {
      if (absent === null) return;
      const report = { ok: true, reason: "gives the reference's bits", device: "one that is gone", stepMs: 0.001 };
      await Bun.write(cache, JSON.stringify({ [absent]: { key: answerKey(absent), report } }));
      const ended = await play();
      expect(lineOf(ended, absent)).toEndWith(KNOWN);
      expect(ended.stderr).toMatch(
        new RegExp(`^${absent} could not be opened: .*; the backends were asked anew, `, "m"),
      );
      expect([ended.code, backendOf(ended) === absent]).toEqual([0, false]);
      expect(kept()[absent]?.report.ok).toBe(false);
      expect(backendOf(await play())).not.toBe(absent);
    },
  );
});

test("A worker that is killed twice within a minute gives way to the next backend, and the run goes on", async () => {
  const asked = Object.fromEntries(
    (["cuda", "wgsl"] as const).map((backend) => [
      backend,
      { key: answerKey(backend), report: { ok: false, reason: "left out of this test" } },
    ]),
  );
  await Bun.write(cache, JSON.stringify(asked));
  await Bun.write(site, JSON.stringify(siteFromScene(pairScene(1), "scene:pair")));
  await using node = await liveNode(["--site", site], { XDG_CACHE_HOME: folder.path });
  for (const runs of ["cpu", "reference"]) {
    await spareOf(node.url);
    const { processId } = await workerOf(node.url);
    process.kill(processId, "SIGKILL");
    const isNext = async () => {
      const now = await backendsOf(node.url);
      return (
        now.runs.device !== "" && now.runs.reason === `the cpu worker ended with signal SIGKILL; went on with ${runs}`
      );
    };
    await tracksWhere(node.url, isNext);
  }
  const { runs, backends } = await backendsOf(node.url);
  expect(runs.backend).toBe("reference");
  expect(backends.find(({ backend }) => backend === "cpu")).toMatchObject({
    ok: true,
    chosen: false,
    reason: "the cpu worker ended with signal SIGKILL",
    from: "probe",
  });
  expect(await (await fetch(`${node.url}/metrics`)).text()).toMatch(/skyvox_build_info{[^}]*backend="reference"/);
  expect(existsSync(cache)).toBe(true);
});

/** Vulkan in software, as Debian's chromium-common brings it. */
const SOFTWARE_DRIVER = "/usr/lib/chromium/vk_swiftshader_icd.json";
const whereSoftware = test.skipIf(!existsSync(SOFTWARE_DRIVER));
if (!existsSync(SOFTWARE_DRIVER)) console.log(`skipped: no Vulkan driver "${SOFTWARE_DRIVER}" to lose a device of`);

// It is too slow for tracks to be followed on it; that they are when a worker is replaced, `live.test.ts` shows.
whereSoftware(
  "A device that is lost in the middle of a run is opened again where it was asked for by name, and the run goes on",
  async () => {
    const report = { ok: true, reason: "gives the reference's bits", device: "SwiftShader" };
    const key = answerKey("wgsl", { ...process.env, VK_DRIVER_FILES: SOFTWARE_DRIVER });
    await Bun.write(cache, JSON.stringify({ "wgsl, software too": { key, report } }));
    await Bun.write(site, await slowSite());
    await using node = await liveNode(["--site", site, "--kernels", "wgsl"], {
      VK_DRIVER_FILES: SOFTWARE_DRIVER,
      XDG_CACHE_HOME: folder.path,
      XDG_RUNTIME_DIR: folder.path,
      BUN_OPTIONS: `--preload=${import.meta.dir}/lose-device.ts`,
    });
    const before = await tracksWhere(node.url, async () => (await workerOf(node.url)).spareProcessId !== null);
    const { processId } = await workerOf(node.url);
    process.kill(processId, "SIGUSR2");
    await tracksWhere(node.url, async ({ timeS }) => {
      return timeS > before.timeS && (await workerOf(node.url)).processId !== processId;
    });
    expect((await backendsOf(node.url)).runs).toMatchObject({
      backend: "wgsl",
      device: expect.stringContaining("SwiftShader"),
      reason: expect.stringMatching(/^wgsl lost its device: .*; went on with wgsl$/),
    });
    expect(await (await fetch(`${node.url}/metrics`)).text()).toMatch(/skyvox_worker_restarts_total 1\b/);
  },
  240_000,
);

/** Two cameras of 64 by 48 pixels and two frames a second for five minutes: the worker leaves the cores to the one that compiles beside it. */
async function slowSite(): Promise<string> {
  const picture = Buffer.concat([Buffer.from("P5 64 48 255\n"), Buffer.alloc(64 * 48, 90)]);
  await Promise.all(
    Array.from({ length: 600 }, (_, index) => Bun.write(folder.file(`pictures/${index}.pgm`), picture)),
  );
  const camera = (id: string, eastM: number) => ({
    id,
    source: "images:pictures",
    frameRateHz: 2,
    intrinsics: { widthPx: 64, heightPx: 48, fxPx: 50, fyPx: 50, cxPx: 31.5, cyPx: 23.5 },
    pose: { positionM: [eastM, -10, 2], orientation: { lookAtM: [0, 0, 5] } },
  });
  const volume = { minM: [-5, -5, 0], maxM: [5, 5, 10], voxelSizeM: 0.25 };
  return JSON.stringify({ name: "slow", volume, cameras: [camera("west", -10), camera("east", 10)] });
}

import { expect, setDefaultTimeout, test } from "bun:test";
import { runNode, TemporaryFolder } from "./run-node.ts";

// Each test starts the whole program, some of them several times.
setDefaultTimeout(30_000);

/** A site of four cameras over simulated pictures, as a person would write it. */
function site(
  changes: (site: Record<string, never> & { cameras: Record<string, unknown>[] }) => void = () => undefined,
): string {
  const camera = (id: string, positionM: readonly number[]): Record<string, unknown> => ({
    id,
    source: "scene:pair?frames=30",
    intrinsics: { widthPx: 320, heightPx: 240, fxPx: 260, fyPx: 260, cxPx: 159.5, cyPx: 119.5 },
    pose: { positionM, orientation: { lookAtM: [0, 0, 10] } },
  });
  const value = {
    name: "test",
    volume: { minM: [-10, -10, 2], maxM: [10, 10, 20], voxelSizeM: 0.25 },
    cameras: [camera("cam1", [-30, -30, 2]), camera("cam2", [30, -30, 2]), camera("cam3", [30, 30, 2])],
  };
  changes(value as never);
  return JSON.stringify(value);
}

/** Runs the node once on a site file with this text and expects one line and no stack trace. */
async function expectRefusal(text: string, wanted: RegExp, code = 1): Promise<void> {
  using folder = new TemporaryFolder();
  const path = folder.file("site.json");
  await Bun.write(path, text);
  const ended = await runNode(["--role", "master", "--site", path, "--once", "--kernels", "cpu"]);
  expect(ended.stderr).toMatch(wanted);
  expect(ended.stderr.trim().split("\n")).toHaveLength(1);
  expect(ended.stderr).not.toContain("    at ");
  expect(ended.code).toBe(code);
}

test("A missing site file is named", async () => {
  const ended = await runNode(["--site", "/nowhere/site.json", "--once"]);
  expect(ended.stderr).toMatch(/^Cannot read site "\/nowhere\/site.json": .*\n$/);
  expect(ended.code).toBe(1);
});

test("A malformed site file is named", async () => {
  await expectRefusal('{ "name": ', /^Cannot read site ".*site.json": .*JSON/);
});

test("An unknown key is named with the nearest known one", async () => {
  await expectRefusal(
    site((value) => Object.assign(value, { volumen: 1 })),
    /^Cannot read site ".*": .*volumen.*volume/,
  );
});

test("A number that is none in a calibration is named", async () => {
  await expectRefusal(
    site((value) => Object.assign(value.cameras[1]?.intrinsics as object, { fxPx: null })),
    /^Cannot read site ".*": cameras\[1\]\.intrinsics\.fxPx/,
  );
});

test("Cameras without overlap are refused", async () => {
  await expectRefusal(
    site((value) => {
      for (const camera of value.cameras) {
        camera.pose = { positionM: [0, 0, 0], orientation: { lookAtM: [0, 0, -10] } };
      }
    }),
    /^Cannot use site ".*": .*camera/,
  );
});

test("A box too large for any voxels is refused for its size, whatever cameras see of it", async () => {
  await expectRefusal(
    site((value) => {
      Object.assign(value, { volume: { minM: [-20_000, -10_000, 2], maxM: [10_000, 20_000, 20], voxelSizeM: "auto" } });
      for (const camera of value.cameras) {
        camera.pose = { positionM: [0, 0, 0], orientation: { lookAtM: [0, 0, -10] } };
      }
    }),
    /^Cannot divide the volume into voxels of 12\.8 m: its longest side takes 2344, need at most 2047/,
  );
});

test("A camera too far from the volume is named with its key", async () => {
  await expectRefusal(
    site((value) => {
      Object.assign(value, { volume: { minM: [-10, -10, 2], maxM: [10, 10, 20], voxelSizeM: 0.01 } });
      // Those of the scene: another process opens them meanwhile, and they are to be no second fault.
      for (const [index, camera] of value.cameras.entries()) Object.assign(camera, { id: "abc"[index] });
      Object.assign(value.cameras[2] as object, {
        pose: { positionM: [100, 100, 2], orientation: { lookAtM: [0, 0, 10] } },
      });
    }),
    /^Cannot use camera "a" \(cameras\[0\]\.pose\.positionM\): rays reach \d+ voxels of 0\.01 m, need fewer than 2048/,
  );
});

test("A missing video is named", async () => {
  await expectRefusal(
    site((value) => Object.assign(value.cameras[0] as object, { source: "video:gone.mp4" })),
    /^Cannot read video ".*gone.mp4"/,
  );
});

test("An unknown backend is bad usage", async () => {
  const ended = await runNode(["--kernels", "fpga"]);
  expect(ended.stderr).toBe('Cannot use --kernels "fpga": need auto, cuda, wgsl, cpu, reference\n');
  expect(ended.code).toBe(2);
});

test("A backend that cannot run here is an error, never another backend", async () => {
  const ended = await runNode(["--kernels", "cuda", "--max-seconds", "1", "--once"]);
  expect(ended.stderr).toMatch(/^Cannot use kernels "cuda": /);
  expect(ended.code).toBe(1);
});

test("A taken port is named with a way out", async () => {
  using taken = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response("") });
  const ended = await runNode(["--port", String(taken.port)]);
  expect(ended.stderr).toMatch(new RegExp(`^Cannot listen on 127.0.0.1:${taken.port}: .*--port`));
  expect(ended.code).toBe(1);
});

test("A command that does not exist is bad usage", async () => {
  const ended = await runNode(["voxelise"]);
  expect(ended.stderr).toMatch(
    /^Cannot run "voxelise": no such command, need calibrate, import, scene, score, voxelize/,
  );
  expect(ended.code).toBe(2);
});

for (const name of ["constructor", "__proto__"]) {
  test(`A command called "${name}" does not exist`, async () => {
    const ended = await runNode([name]);
    expect(ended.stderr).toMatch(new RegExp(`^Cannot run "${name}": no such command`));
    expect(ended.code).toBe(2);
  });
}

test("A number of seconds past all sense is bad usage", async () => {
  const ended = await runNode(["--max-seconds", "1e300"]);
  expect(ended.stderr).toBe('Cannot use --max-seconds "1e300": need a number of seconds up to 100000000\n');
  expect(ended.code).toBe(2);
});

test("A truncated video ends the run with one line that names it", async () => {
  using folder = new TemporaryFolder();
  const whole = folder.file("whole.mp4");
  const made = Bun.spawnSync([
    ...["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=size=320x240:rate=30:duration=2"],
    ...["-movflags", "+faststart", "-c:v", "libx264", "-pix_fmt", "yuv420p", whole],
  ]);
  expect(made.exitCode).toBe(0);
  const bytes = await Bun.file(whole).bytes();
  await Bun.write(folder.file("cut.mp4"), bytes.subarray(0, Math.floor(bytes.length * 0.6)));
  const path = folder.file("site.json");
  await Bun.write(
    path,
    site((value) => {
      for (const camera of value.cameras) camera.source = "video:cut.mp4";
    }),
  );
  const ended = await runNode(["--site", path, "--once", "--kernels", "cpu"]);
  expect(ended.stderr.trim().split("\n").at(-1)).toMatch(/^Cannot read video ".*cut.mp4"/);
  expect(ended.stderr).not.toContain("    at ");
  expect(ended.code).toBe(1);
});

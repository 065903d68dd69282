/**
 * Runs the real setup script in a made-up checkout. Programs that would reach a network (npx, apt-get) and Bun itself are
 * small shell scripts on a search path of their own; each writes down how it was called.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const node = Bun.which("node") ?? "";
const isRoot = process.getuid?.() === 0;
let base = "";
let count = 0;

beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), "skyvox-setup-"));
});
afterAll(() => rmSync(base, { recursive: true }));

/** A checkout with one native package, and a folder of programs that is the whole search path. */
function makeCheckout(programs: readonly string[]) {
  const root = join(base, String(count++));
  const bin = join(root, "bin");
  mkdirSync(join(root, "packages/kernels-cpu/native"), { recursive: true });
  mkdirSync(bin);
  cpSync(join(import.meta.dir, "setup.mjs"), join(root, "scripts/setup.mjs"));
  cpSync(join(import.meta.dir, "system-programs.mjs"), join(root, "scripts/system-programs.mjs"));
  writeFileSync(join(root, "package.json"), '{"packageManager":"bun@1.4.5"}');
  writeFileSync(join(root, "bun.lock"), "first");
  writeFileSync(join(root, "packages/kernels-cpu/package.json"), '{"scripts":{"native":"bun run build.ts"}}');
  writeFileSync(join(root, "packages/kernels-cpu/native/motion.cpp"), "int a;");
  symlinkSync("/bin/sh", join(bin, "sh"));
  // The program is padded, because setup takes a short file for the text that npm leaves in its place.
  const bun = `#!/bin/sh
echo "bun $*" >> "${root}/calls"
case "$1" in
  --version) echo 1.4.5 ;;
  run) [ -f "${root}/broken" ] && { echo "error: no AVX2"; exit 3; }; /bin/mkdir -p "${root}/packages/kernels-cpu/build"; : > "${root}/packages/kernels-cpu/build/k.so" ;;
esac
exit 0
${"#".repeat(1_000_001)}
`;
  writeFileSync(join(root, "bun.sh"), bun, { mode: 0o755 });
  const npx = `/bin/mkdir -p "${root}/node_modules/.bin"; /bin/cp "${root}/bun.sh" "${root}/node_modules/.bin/bun"`;
  addProgram(root, "npx", npx);
  for (const name of programs) addProgram(root, name, "");
  return { root, bin };
}

function addProgram(root: string, name: string, body: string): void {
  const file = join(root, "bin", name);
  writeFileSync(file, `#!/bin/sh\necho "${name} $*" >> "${root}/calls"\n${body}\n`);
  chmodSync(file, 0o755);
}

interface Run {
  readonly status: number;
  readonly out: string;
  readonly err: string;
  readonly calls: readonly string[];
}

/** Runs setup and returns what it said and which programs it called. */
function setup(root: string, args: readonly string[], env: Record<string, string> = {}): Run {
  writeFileSync(join(root, "calls"), "");
  const child = Bun.spawnSync([node, join(root, "scripts/setup.mjs"), ...args], {
    env: { PATH: join(root, "bin"), HOME: root, ...env },
    stdin: "ignore",
  });
  const calls = readFileSync(join(root, "calls"), "utf8").split("\n").filter(Boolean);
  return { status: child.exitCode, out: child.stdout.toString(), err: child.stderr.toString(), calls };
}

const complete = ["g++", "ffmpeg", "chromium"];

describe("Setup", () => {
  test("refuses an unknown purpose in one line with status 2", () => {
    const { root } = makeCheckout(complete);
    const run = setup(root, ["begin"]);
    expect(run.status).toBe(2);
    expect(run.err).toBe('Cannot set up: found "begin", need "start" or "test"\n');
    expect(run.calls).toEqual([]);
  });

  test("fetches the pinned Bun through npx where there is none, builds natives, and then does nothing", () => {
    const { root } = makeCheckout(complete);
    const cold = setup(root, ["start"]);
    expect(cold.status).toBe(0);
    expect(cold.calls).toEqual([
      "npx --yes --allow-scripts=bun --package=bun@1.4.5 -- bun install --frozen-lockfile",
      "bun --version",
      "bun run native",
    ]);
    const warm = setup(root, ["start"]);
    expect(warm).toEqual({ status: 0, out: "", err: "", calls: [] });
  });

  test("takes a Bun of the pinned version from the search path and no other version", () => {
    const { root, bin } = makeCheckout(complete);
    const other = "#!/bin/sh\n[ $1 = --version ] && echo 1.4.4\nexit 0\n";
    writeFileSync(join(bin, "bun"), other, { mode: 0o755 });
    expect(setup(root, ["start"]).calls[0]).toStartWith("npx ");
    rmSync(join(root, "node_modules"), { recursive: true });
    const copy = `[ "$1" = install ] && { /bin/mkdir -p "${root}/node_modules/.bin"; /bin/cp "${root}/bun.sh" "${root}/node_modules/.bin/bun"; }\n[ "$1" = --version ] && echo 1.4.5`;
    addProgram(root, "bun", `${copy}\nexit 0`);
    expect(setup(root, ["start"]).calls).toContain("bun install --frozen-lockfile");
  });

  test("installs again with the local Bun when bun.lock changed", () => {
    const { root } = makeCheckout(complete);
    setup(root, ["start"]);
    writeFileSync(join(root, "bun.lock"), "second");
    const run = setup(root, ["start"]);
    expect(run.calls).toContain("bun install --frozen-lockfile");
    expect(run.calls.join()).not.toContain("npx");
  });

  test("fetches Bun again where npm left only the text of its placeholder", () => {
    const { root } = makeCheckout(complete);
    setup(root, ["start"]);
    writeFileSync(join(root, "node_modules/.bin/bun"), "echo postinstall was not run");
    expect(setup(root, ["start"]).calls[0]).toStartWith("npx ");
  });

  test("says in one line why packages cannot be installed and ends with 1", () => {
    const { root } = makeCheckout(complete);
    addProgram(root, "npx", "echo 'npm error network unreachable'; exit 7");
    const run = setup(root, ["start"]);
    expect(run.status).toBe(1);
    expect(run.err).toBe(
      "setup: Cannot install Bun 1.4.5 and packages: npm error network unreachable (exit 7), need bun.lock in step with every package.json and a reachable package registry\n",
    );
  });
});

describe("Setup of natives", () => {
  test("builds again when a source changed or an output is gone", () => {
    const { root } = makeCheckout(complete);
    setup(root, ["start"]);
    writeFileSync(join(root, "packages/kernels-cpu/native/motion.cpp"), "int b;");
    expect(setup(root, ["start"]).calls).toEqual(["bun run native"]);
    rmSync(join(root, "packages/kernels-cpu/build"), { recursive: true });
    expect(setup(root, ["start"]).calls).toEqual(["bun run native"]);
    expect(setup(root, ["start"]).calls).toEqual([]);
  });

  test("is a notice before a start and an error before tests when the build fails", () => {
    const { root } = makeCheckout(complete);
    writeFileSync(join(root, "broken"), "");
    const start = setup(root, ["start"]);
    expect(start.status).toBe(0);
    expect(start.out).toContain(
      "setup: Cannot build native kernels: error: no AVX2 (exit 3), need a working compiler; the slower reference kernels run\n",
    );
    const tests = setup(root, ["test"]);
    expect(tests.status).toBe(1);
    expect(tests.err).toBe("setup: Cannot build native kernels: error: no AVX2 (exit 3), need a working compiler\n");
  });

  test("takes the compiler that CXX names in place of g++", () => {
    const { root } = makeCheckout(["clang++", "ffmpeg"]);
    expect(setup(root, ["start"], { CXX: "clang++" }).calls).toContain("bun run native");
    expect(setup(root, ["start"], { CXX: "clang++" })).toMatchObject({ out: "", calls: [] });
  });
});

describe("Setup of kernels for NVIDIA devices", () => {
  test("builds them for tests where nvcc is, leaves them out elsewhere and from a start", () => {
    const { root } = makeCheckout(complete);
    const folder = join(root, "packages/kernels-cuda");
    mkdirSync(join(folder, "build"), { recursive: true });
    writeFileSync(join(folder, "package.json"), '{"scripts":{"native:cuda":"bun run build.ts"}}');
    writeFileSync(join(folder, "build/k.so"), "");
    const without = setup(root, ["test"]);
    expect(without.status).toBe(0);
    expect(without.out).toContain("setup: no nvcc, so the other kernels run\n");
    addProgram(root, "nvcc", "");
    // A machine with such a device builds them before a start too.
    if (!existsSync("/proc/driver/nvidia/version")) expect(setup(root, ["start"]).calls).toEqual([]);
    expect(setup(root, ["test"]).calls).toEqual(["bun run native:cuda"]);
    expect(setup(root, ["test"]).calls).toEqual([]);
  });
});

describe("Setup of system programs", () => {
  // Whether these are there is told by a file of this machine, whatever lies on the path.
  const hasNats = existsSync("/usr/sbin/nats-server");
  const hasUcx = existsSync("/usr/include/ucp/api/ucp.h");
  const hasIp = existsSync("/usr/sbin/ip");
  const hasOpenssl = existsSync("/usr/bin/openssl");
  const told = [
    ...(hasNats ? [] : ["nats-server"]),
    ...(hasUcx ? [] : ["libucx-dev"]),
    ...(hasIp ? [] : ["iproute2"]),
    ...(hasOpenssl ? [] : ["openssl"]),
  ];
  const packages = ["ffmpeg", "chromium", "lz4", "python3", "spin", ...told].join(" ");

  test("names everything missing and the command in one line where it cannot install", () => {
    const { root } = makeCheckout(["g++"]);
    const missing =
      "ffmpeg (video sources), chromium (browser tests), lz4 (tests of compressed messages), " +
      "python3 (the reader of docs/PROTOCOL.md), spin (the models of rings and pools)" +
      (hasNats ? "" : ", nats-server (the engine between machines)") +
      (hasUcx ? "" : ", ucx (tests of links through UCX)") +
      (hasIp ? "" : ", ip (tests of several machines)") +
      (hasOpenssl ? "" : ", openssl (tests of TLS)");
    const command = `apt-get update && apt-get install -y --no-install-recommends ${packages}`;
    const line = `setup: missing ${missing}; type: sudo sh -c "${command}"\n`;
    const atDesk = setup(root, ["test"]);
    expect(atDesk.status).toBe(0);
    expect(atDesk.out).toContain(line);
    const inCi = setup(root, ["test"], { CI: "true" });
    expect(inCi.status).toBe(1);
    expect(inCi.err).toBe(line);
  });

  test("starts without ffmpeg and without a compiler, with a notice for each", () => {
    const { root } = makeCheckout([]);
    const run = setup(root, ["start"]);
    expect(run.status).toBe(0);
    expect(run.out).toContain("setup: missing g++ (native kernels); type: ");
    expect(run.out).toContain("setup: no compiler, so the slower reference kernels run\n");
    expect(run.out).toContain("setup: missing ffmpeg (video sources); type: ");
    expect(run.calls.join()).not.toContain("run native");
  });

  test("installs what tests need through apt as root, and leaves apt alone otherwise", () => {
    const { root } = makeCheckout(["g++"]);
    const make = `[ "$4" = install ] && for p in ffmpeg chromium lz4 python3 spin; do /bin/cp "${root}/bin/g++" "${root}/bin/$p"; done`;
    addProgram(root, "apt-get", `${make}\nexit 0`);
    const run = setup(root, ["test"], { CI: "true" });
    if (!isRoot) {
      expect(run.status).toBe(1);
      expect(run.calls.join()).not.toContain("apt-get");
      return;
    }
    expect(run.status).toBe(0);
    expect(run.calls.filter((call) => call.startsWith("apt-get"))).toEqual([
      "apt-get -q -o DPkg::Lock::Timeout=120 update",
      `apt-get -q -o DPkg::Lock::Timeout=120 install -y --no-install-recommends ${packages}`,
    ]);
    expect(run.out).toMatch(/^setup: install ffmpeg, chromium, lz4, python3, spin.* with apt …$/m);
    if (hasUcx && hasNats) expect(setup(root, ["test"], { CI: "true" })).toMatchObject({ out: "", calls: [] });
  });

  test("does not wait for ffmpeg before a start", async () => {
    const { root } = makeCheckout(["g++"]);
    Bun.spawnSync(["mkfifo", join(root, "gate"), join(root, "done")]);
    addProgram(root, "apt-get", `[ "$4" = update ] && read word < "${root}/gate" && echo "$word" > "${root}/done"`);
    const run = setup(root, ["start"]);
    expect(run.status).toBe(0);
    if (!isRoot) {
      expect(run.out).toContain("setup: missing ffmpeg (video sources); type: ");
      return;
    }
    expect(run.out).toContain("setup: ffmpeg is being installed in the background\n");
    const done = Bun.spawn(["cat", join(root, "done")], { stdout: "pipe" });
    Bun.spawnSync(["sh", "-c", `echo opened > "${root}/gate"`]);
    expect(await new Response(done.stdout).text()).toBe("opened\n");
  });
});

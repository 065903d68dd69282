/** Resources against a /proc written by hand, and GPUs through a library that stands in for the driver's. */

import { dlopen, FFIType } from "bun:ffi";
import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openNvml } from "../src/nvml.ts";
import { ResourceMonitor } from "../src/resource-monitor.ts";
import { type ResourceSample, ResourceSampler } from "../src/resources.ts";

const folder = mkdtempSync(join(tmpdir(), "skyvox-resources-"));
afterAll(() => rmSync(folder, { recursive: true }));

const library = join(folder, "libnvml-stub.so");
const compiled = Bun.spawnSync([
  "gcc",
  "-shared",
  "-fPIC",
  "-Wall",
  "-o",
  library,
  join(import.meta.dir, "nvml-stub.c"),
]);
if (compiled.exitCode !== 0) throw new Error(compiled.stderr.toString());

/** Runs with a variable in the environment of C, which `process.env` does not reach. */
function withEnvironment(name: string, run: () => void): void {
  const c = dlopen("libc.so.6", {
    setenv: { args: [FFIType.ptr, FFIType.ptr, FFIType.i32], returns: FFIType.i32 },
    unsetenv: { args: [FFIType.ptr], returns: FFIType.i32 },
  });
  const bytes = new TextEncoder().encode(`${name}\0`);
  c.symbols.setenv(bytes, bytes, 1);
  run();
  c.symbols.unsetenv(bytes);
  c.close();
}

describe("NVML", () => {
  test("tells everything of a device that tells it, and null for what one does not support", () => {
    const probe = openNvml(library);
    if (!probe.ok) throw new Error(probe.reason);
    using nvml = probe.nvml;
    expect(nvml.driverVersion).toBe("535.00.01");
    expect(nvml.sample()).toEqual([
      {
        ...{ index: 0, gpuUuid: "GPU-00000000-0000-0000-0000-00000000000a", name: "Skyvox Test A" },
        ...{ memoryBytesTotal: 80e9, memoryBytesUsed: 5e9, utilisationShare: 0.75, temperatureCelsius: 83 },
        ...{ powerW: 312.5, eccErrorsCorrected: 2 ** 32 + 3, eccErrorsUncorrected: 2, fault: null },
      },
      {
        ...{ index: 1, gpuUuid: "GPU-00000000-0000-0000-0000-00000000000b", name: "Skyvox Test B" },
        ...{ memoryBytesTotal: 8e9, memoryBytesUsed: 5e9, utilisationShare: null, temperatureCelsius: 41 },
        ...{ powerW: null, eccErrorsCorrected: null, eccErrorsUncorrected: null, fault: null },
      },
    ]);
  });

  test("names the fault of a device that fell off the bus, and goes on with the others", () => {
    withEnvironment("NVML_STUB_LOST", () => {
      const probe = openNvml(library);
      if (!probe.ok) throw new Error(probe.reason);
      using nvml = probe.nvml;
      const found = nvml.sample().map(({ name, fault, temperatureCelsius }) => ({ name, fault, temperatureCelsius }));
      expect(found).toEqual([
        { name: "Skyvox Test A", fault: null, temperatureCelsius: 83 },
        { name: "Skyvox Test B", fault: "GPU is lost", temperatureCelsius: null },
      ]);
    });
  });

  test("is shut down as often as it was opened", () => {
    const counter = dlopen(library, { stubOpenCount: { args: [], returns: FFIType.i32 } });
    const probe = openNvml(library);
    expect(counter.symbols.stubOpenCount()).toBe(1);
    if (probe.ok) for (let twice = 0; twice < 2; twice++) probe.nvml[Symbol.dispose]();
    expect(counter.symbols.stubOpenCount()).toBe(0);
    counter.close();
  });

  test("is absent by name where its library, a function of it, or the driver is missing", () => {
    const reasonOf = (path: string) => {
      const probe = openNvml(path);
      return probe.ok ? "" : probe.reason;
    };
    const need = "need the NVIDIA driver and its libnvidia-ml\\.so\\.1$";
    expect(reasonOf(join(folder, "absent.so"))).toMatch(new RegExp(`^Cannot read GPUs: .*absent\\.so.*, ${need}`));
    expect(reasonOf("libc.so.6")).toMatch(new RegExp(`^Cannot read GPUs: .*nvml.*, ${need}`));
    withEnvironment("NVML_STUB_NO_DRIVER", () => {
      expect(reasonOf(library)).toMatch(new RegExp(`^Cannot read GPUs: NVML says "Driver Not Loaded", ${need}`));
    });
  });
});

/** Writes what /proc would hold. */
function writeProc(cpu: string, received: number, lost: number): string {
  const proc = join(folder, "proc");
  mkdirSync(join(proc, "net"), { recursive: true });
  writeFileSync(join(proc, "stat"), `${cpu}\ncpu0 1 2 3 4 5 6 7 8 9 10\nintr 12345\n`);
  writeFileSync(join(proc, "meminfo"), "MemTotal:       16384000 kB\nMemFree: 10 kB\nMemAvailable:    4096000 kB\n");
  const head = "Inter-|   Receive  |  Transmit\n face |bytes packets errs drop fifo frame compressed multicast|bytes\n";
  const lines = [
    "    lo: 999 9 0 0 0 0 0 0 999 9 0 0 0 0 0 0",
    `  eth0:${received} 10 ${lost} 0 0 0 0 0 500 5 0 0 0 0 0 0`,
  ];
  writeFileSync(join(proc, "net/dev"), `${head}${lines.join("\n")}\n`);
  return proc;
}

describe("Resources", () => {
  test("are those of /proc: shares and rates since the last sample, the loopback interface left out", () => {
    // user nice system idle iowait irq softirq steal guest guest_nice
    const procPath = writeProc("cpu  100 0 100 700 100 0 0 0 50 0", 1000, 0);
    using sampler = new ResourceSampler({ diskPath: folder, procPath, nvmlLibrary: library });
    const first = sampler.sample(0);
    expect(first).toMatchObject({ cpuBusyShare: null, network: [], memory: { total: 16_777_216_000 } });
    // 100 ticks more, 25 of them idle and 15 waiting for a disk: 60 % busy.
    writeProc("cpu  140 0 110 725 115 5 5 0 70 0", 6000, 4);
    const second = sampler.sample(2000);
    expect(second.cpuBusyShare).toBeCloseTo(0.6, 12);
    expect(second.memory).toEqual({ total: 16_777_216_000, available: 4_194_304_000 });
    expect(second.network).toEqual([
      { name: "eth0", bytesReceivedPerSecond: 2500, bytesSentPerSecond: 0, packetsLostPerSecond: 2 },
    ]);
    // The interface was made anew: what it counts since then.
    writeProc("cpu  140 0 110 725 115 5 5 0 70 0", 300, 0);
    const third = sampler.sample(3000);
    expect(third.cpuBusyShare).toBeNull();
    expect(third.network).toMatchObject([{ bytesReceivedPerSecond: 300, packetsLostPerSecond: 0 }]);
    expect(third.gpus.ok && third.gpus.devices.length).toBe(2);
  });

  test("of a machine without /proc, a folder without a disk and GPUs without a library are named as absent", () => {
    const paths = { diskPath: join(folder, "none"), procPath: join(folder, "no-proc"), nvmlLibrary: "no-such-nvml.so" };
    using sampler = new ResourceSampler(paths);
    const sample = sampler.sample(0);
    expect(sample).toMatchObject({ memory: null, network: [], disk: { ok: false, path: paths.diskPath } });
    expect(sample.disk.ok || sample.disk.reason).toMatch(/ENOENT/);
    expect(sample.gpus.ok || sample.gpus.reason).toMatch(/^Cannot read GPUs: .*no-such-nvml\.so/);
  });

  test("of this machine come from a thread, which ends when it is told", async () => {
    const { promise, resolve, reject } = Promise.withResolvers<ResourceSample>();
    await using monitor = new ResourceMonitor({
      ...{ diskPath: folder, nvmlLibrary: library, intervalMs: 10, onFault: (line) => reject(new Error(line)) },
      onSample: (sample) => {
        if (sample.cpuBusyShare !== null) resolve(sample);
      },
    });
    const sample = await promise;
    expect(monitor.latest?.cpuCount).toBe(sample.cpuCount);
    expect(sample.cpuBusyShare).toBeGreaterThanOrEqual(0);
    expect(sample.memory?.total).toBeGreaterThan(sample.memory?.available ?? Number.POSITIVE_INFINITY);
    expect(sample.disk.ok && sample.disk.bytesTotal > sample.disk.bytesFree && sample.disk.bytesFree >= 0).toBe(true);
    expect(sample.gpus.ok && sample.gpus.devices.map(({ index }) => index)).toEqual([0, 1]);
  });
});

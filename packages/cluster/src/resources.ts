/**
 * What a machine has and how much of it is in use: processors, memory, network, disk and GPUs.
 *
 * One sample is taken from the one before it, as shares and rates need two readings. What the system does not tell is null; GPUs that
 * cannot be asked are a no with a reason.
 */
import { readFileSync, statfsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { messageOf } from "@skyvox/core";
import {
  busyShare,
  type CpuTicks,
  type InterfaceCounters,
  type InterfaceLoad,
  interfaceLoads,
  type MemoryBytes,
  parseCpuTicks,
  parseInterfaces,
  parseMemory,
} from "./machine-load.ts";
import { type GpuSample, type NvmlProbe, openNvml } from "./nvml.ts";

/** Room on the disk that holds a folder. */
export type DiskSample =
  | { readonly ok: true; readonly path: string; readonly bytesTotal: number; readonly bytesFree: number }
  | { readonly ok: false; readonly path: string; readonly reason: string };

/** GPUs of a machine, or why they cannot be asked. */
export type GpusSample =
  | { readonly ok: true; readonly driverVersion: string; readonly devices: readonly GpuSample[] }
  | { readonly ok: false; readonly reason: string };

/** The resources of a machine at one time. */
export interface ResourceSample {
  readonly cpuCount: number;
  /** Share of all processors that was busy since the last sample, 0..1; null in the first. */
  readonly cpuBusyShare: number | null;
  readonly memory: MemoryBytes | null;
  /** Since the last sample; empty in the first. The loopback interface is left out. */
  readonly network: readonly InterfaceLoad[];
  readonly disk: DiskSample;
  readonly gpus: GpusSample;
}

/** Where a sampler looks; only tests name another root or library. */
export interface ResourceOptions {
  /** Folder whose disk is watched. */
  readonly diskPath: string;
  readonly procPath?: string;
  readonly nvmlLibrary?: string;
}

interface Reading {
  readonly atMs: number;
  readonly cpu: CpuTicks | null;
  readonly interfaces: readonly InterfaceCounters[];
}

/** Samples the resources of this machine. Blocks while the system answers; dispose it to let the driver of the GPUs go. */
export class ResourceSampler implements Disposable {
  readonly #options: Required<Omit<ResourceOptions, "nvmlLibrary">>;
  readonly #nvml: NvmlProbe;
  #last: Reading | null = null;

  constructor(options: ResourceOptions) {
    this.#options = { procPath: "/proc", ...options };
    this.#nvml = openNvml(options.nvmlLibrary);
  }

  /** Takes a sample; times never go back. */
  sample(nowMs: number): ResourceSample {
    const { procPath, diskPath } = this.#options;
    const last = this.#last;
    const cpu = parseCpuTicks(textOf(`${procPath}/stat`));
    const interfaces = parseInterfaces(textOf(`${procPath}/net/dev`));
    this.#last = { atMs: nowMs, cpu, interfaces };
    return {
      cpuCount: availableParallelism(),
      cpuBusyShare: last === null || last.cpu === null || cpu === null ? null : busyShare(last.cpu, cpu),
      memory: parseMemory(textOf(`${procPath}/meminfo`)),
      network: last === null ? [] : interfaceLoads(last.interfaces, interfaces, nowMs - last.atMs),
      disk: sampleDisk(diskPath),
      gpus: this.#sampleGpus(),
    };
  }

  [Symbol.dispose](): void {
    if (this.#nvml.ok) this.#nvml.nvml[Symbol.dispose]();
  }

  #sampleGpus(): GpusSample {
    if (!this.#nvml.ok) return this.#nvml;
    const { nvml } = this.#nvml;
    return { ok: true, driverVersion: nvml.driverVersion, devices: nvml.sample() };
  }
}

function sampleDisk(path: string): DiskSample {
  try {
    const { bsize, blocks, bavail } = statfsSync(path);
    return { ok: true, path, bytesTotal: bsize * blocks, bytesFree: bsize * bavail };
  } catch (error) {
    return { ok: false, path, reason: messageOf(error) };
  }
}

/** The text of a file; empty where there is none, as on systems without /proc. */
function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as { readonly code?: string }).code === "ENOENT") return "";
    throw error;
  }
}

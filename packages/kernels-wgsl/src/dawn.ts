/**
 * Opens the GPU through Dawn, and keeps what it opened.
 *
 * Dawn's objects crash the process when the garbage collector takes them while Dawn still works, module-level constants included (a
 * test runner drops modules). So everything opened here hangs on `globalThis` until the process ends, and a process has one device,
 * shared by all that open it: its pipelines are compiled once. A device that was lost is replaced by the next who asks.
 *
 * Dawn is loaded when it is first asked for: a machine without it, or without a Vulkan loader, gets a reason instead of an import
 * that throws.
 */
import { dlopen, FFIType } from "bun:ffi";
import { messageOf, SkyvoxError } from "@skyvox/core";
import type { OpenOptions } from "@skyvox/kernels";
import type { Programs } from "./program.ts";

/** An open device. `lost` is null while it works, then says why it is gone. */
export interface Dawn {
  readonly device: GPUDevice;
  /** "nvidia-h100-pcie, NVIDIA: 550.54.15". */
  readonly name: string;
  readonly isSoftware: boolean;
  lost: string | null;
  /** Told once why the device is gone. */
  readonly whenLost: Set<(reason: string) => void>;
  /** Null until someone wants them. */
  programs: Promise<Programs> | null;
}

/** What `openDawn` gives, or why not. */
export type DawnAnswer = { readonly ok: true; readonly dawn: Dawn } | { readonly ok: false; readonly reason: string };

interface Held {
  /** Dawn without its checks, and with them. */
  swift: GPU | null;
  checked: GPU | null;
  /** The device that works, or is being opened. */
  current: Promise<Dawn> | null;
  /** Adapters, and devices that are gone. */
  readonly others: object[];
}

const everywhere = globalThis as { skyvoxDawn?: Held };
everywhere.skyvoxDawn ??= { swift: null, checked: null, current: null, others: [] };
const held = everywhere.skyvoxDawn;

/** Words of immediate data a kernel may take: WebGPU promises 64 bytes. */
export const IMMEDIATE_WORDS = 16;

/** Opens the device, or returns the one that is open. A software adapter is refused unless `software` is set. */
export async function openDawn({ index = 0, software = false }: OpenOptions): Promise<DawnAnswer> {
  if (index !== 0) return { ok: false, reason: `device ${index}, need device 0: WebGPU names no other` };
  try {
    held.current ??= openDevice();
    const dawn = await held.current;
    if (!dawn.isSoftware || software) return { ok: true, dawn };
    return { ok: false, reason: `only ${dawn.name}, which is software, need a GPU` };
  } catch (error) {
    held.current = null;
    return { ok: false, reason: messageOf(error) };
  }
}

async function openDevice(): Promise<Dawn> {
  const adapter = await findAdapter();
  if (adapter === null) throw new SkyvoxError("backend", "no driver for any GPU of this machine, need one");
  const { maxBufferSize, maxStorageBufferBindingSize, maxStorageBuffersPerShaderStage } = adapter.limits;
  const requiredLimits = {
    maxBufferSize,
    maxStorageBufferBindingSize,
    maxStorageBuffersPerShaderStage,
    maxImmediateSize: 4 * IMMEDIATE_WORDS,
  };
  const device = await adapter.requestDevice({ requiredLimits });
  const { isFallbackAdapter: isSoftware } = adapter.info;
  const dawn: Dawn = {
    device,
    name: nameOf(adapter.info),
    isSoftware,
    lost: null,
    whenLost: new Set(),
    programs: null,
  };
  held.others.push(adapter, dawn);
  void device.lost.then(({ message }) => {
    dawn.lost = message || "no reason given";
    held.current = null;
    for (const tell of dawn.whenLost) tell(dawn.lost);
  });
  return dawn;
}

/**
 * Finds the adapter of a GPU, or one that is simulated in software.
 *
 * Dawn checks what it is called with, and each indirect dispatch by another dispatch of its own. Where a GPU is simulated that stays, as
 * it is there that kernels are tested. A real one does without: an indirect dispatch then takes a tenth of the time to record.
 */
async function findAdapter(): Promise<GPUAdapter | null> {
  const options = { powerPreference: "high-performance" } as const;
  held.swift ??= await loadDawn("enable-dawn-features=skip_validation");
  const adapter = await held.swift.requestAdapter(options);
  if (adapter === null || !adapter.info.isFallbackAdapter) return adapter;
  held.others.push(adapter);
  held.checked ??= await loadDawn();
  return await held.checked.requestAdapter(options);
}

async function loadDawn(...flags: readonly string[]): Promise<GPU> {
  if (process.platform === "linux") checkLoader();
  const { create, globals } = await import("webgpu");
  Object.assign(globalThis, globals);
  // Elsewhere there is one backend and Dawn takes it.
  return create(process.platform === "linux" ? ["backend=vulkan", ...flags] : [...flags]);
}

/** Without a loader Dawn answers as on a machine without a device; this says which. */
function checkLoader(): void {
  const { ptr } = FFIType;
  try {
    dlopen("libvulkan.so.1", { vkGetInstanceProcAddr: { args: [ptr, ptr], returns: ptr } }).close();
  } catch (error) {
    throw new SkyvoxError("backend", "no Vulkan loader, need it: apt-get install libvulkan1", { cause: error });
  }
}

function nameOf({ device, description }: GPUAdapterInfo): string {
  return [device, description].filter((part) => part !== "").join(", ");
}

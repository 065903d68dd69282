/**
 * Memory of an NVIDIA GPU, straight from its driver: what a copy on the device takes, and pictures that already lie there.
 *
 * The copy is the ceiling that ops are measured against. A picture placed here can be handed to an op of backend cuda in place of one
 * of the host: the address is one of the device, and unified addressing tells which, so the op runs without the bus. Allocations
 * belong to the primary context of device 0, the one that the CUDA runtime uses too.
 */
import { dlopen, FFIType, type Pointer, ptr, toArrayBuffer } from "bun:ffi";
import { assert, messageOf } from "@skyvox/core";
import type { SelfTimed } from "./harness.ts";

/** Memory of the first GPU; disposing it frees what was placed. */
export interface GpuMemory extends Disposable {
  /** Copies bytes to the device. Nothing on the host may read or write what is returned: it is an address of the device. */
  place(bytes: Uint8Array): Uint8Array;
  /** Copies `byteLength` bytes from one place of the device to another; times it with events of the device. */
  copy(byteLength: number): SelfTimed;
}

/** Opens the driver, or says why not. */
export function openGpuMemory(): { readonly ok: true; readonly memory: GpuMemory } | { ok: false; reason: string } {
  let driver: Driver;
  try {
    driver = dlopen("libcuda.so.1", functions).symbols;
  } catch (error) {
    return { ok: false, reason: `no NVIDIA driver (${messageOf(error)})` };
  }
  const status = driver.cuInit(0);
  return status === 0
    ? { ok: true, memory: new DriverMemory(driver) }
    : { ok: false, reason: `cuInit gives ${status}` };
}

const { i32, u32, u64, ptr: pointer } = FFIType;

/** Handles and addresses of the device are 64 bits; they pass as pointers where they are opaque and as u64 where they are numbers. */
const functions = {
  cuInit: { args: [u32], returns: i32 },
  cuDeviceGet: { args: [pointer, i32], returns: i32 },
  cuDevicePrimaryCtxRetain: { args: [pointer, i32], returns: i32 },
  cuCtxSetCurrent: { args: [u64], returns: i32 },
  cuMemAlloc_v2: { args: [pointer, u64], returns: i32 },
  cuMemFree_v2: { args: [u64], returns: i32 },
  cuMemcpyHtoD_v2: { args: [u64, pointer, u64], returns: i32 },
  cuMemcpyDtoDAsync_v2: { args: [u64, u64, u64, u64], returns: i32 },
  cuEventCreate: { args: [pointer, u32], returns: i32 },
  cuEventRecord: { args: [u64, u64], returns: i32 },
  cuEventSynchronize: { args: [u64], returns: i32 },
  cuEventElapsedTime: { args: [pointer, u64, u64], returns: i32 },
} as const;

type Driver = ReturnType<typeof dlopen<typeof functions>>["symbols"];

class DriverMemory implements GpuMemory {
  readonly #driver: Driver;
  readonly #allocations: bigint[] = [];

  constructor(driver: Driver) {
    this.#driver = driver;
    const device = new Int32Array(new ArrayBuffer(4));
    check(driver.cuDeviceGet(ptr(device), 0));
    const context = handleFrom((out) => driver.cuDevicePrimaryCtxRetain(out, device[0] ?? 0));
    check(driver.cuCtxSetCurrent(context));
  }

  place(bytes: Uint8Array): Uint8Array {
    const address = this.#allocate(bytes.length);
    check(this.#driver.cuMemcpyHtoD_v2(address, ptr(bytes), BigInt(bytes.length)));
    return new Uint8Array(toArrayBuffer(Number(address) as Pointer, 0, bytes.length));
  }

  copy(byteLength: number): SelfTimed {
    const driver = this.#driver;
    const from = this.#allocate(byteLength);
    const to = this.#allocate(byteLength);
    const begin = handleFrom((out) => driver.cuEventCreate(out, 0));
    const end = handleFrom((out) => driver.cuEventCreate(out, 0));
    const elapsed = new Float32Array(new ArrayBuffer(4));
    const measureMs = () => {
      check(driver.cuEventRecord(begin, 0n));
      check(driver.cuMemcpyDtoDAsync_v2(to, from, BigInt(byteLength), 0n));
      check(driver.cuEventRecord(end, 0n));
      check(driver.cuEventSynchronize(end));
      check(driver.cuEventElapsedTime(ptr(elapsed), begin, end));
      return elapsed[0] ?? 0;
    };
    return { name: `copy of ${byteLength / 2 ** 20} MiB on the device`, measureMs };
  }

  [Symbol.dispose](): void {
    for (const address of this.#allocations.splice(0)) check(this.#driver.cuMemFree_v2(address));
  }

  #allocate(byteLength: number): bigint {
    const address = handleFrom((out) => this.#driver.cuMemAlloc_v2(out, BigInt(byteLength)));
    this.#allocations.push(address);
    return address;
  }
}

/** Takes the 64 bits that a call writes to its out-pointer. */
function handleFrom(call: (out: Pointer) => number): bigint {
  const out = new BigUint64Array(new ArrayBuffer(8));
  check(call(ptr(out)));
  return out[0] ?? 0n;
}

function check(status: number): void {
  assert(status === 0, `the CUDA driver answers 0, not ${status}`);
}

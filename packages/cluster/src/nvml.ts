/**
 * The GPUs of this machine as the driver's management library (NVML) tells of them, through bun:ffi.
 *
 * The library comes with the driver and is never shipped: where it is absent, lacks a function or finds no driver, that is a no with a
 * reason. A value that a device does not tell is null; a device that is lost tells why in `fault`. Calls may block for as long as the driver
 * pleases (the first one for seconds), so they belong into a thread of their own, see resource-monitor.ts.
 *
 * Source of names and numbers: NVML API reference, r535.
 */
import { dlopen, FFIType, type Pointer } from "bun:ffi";
import { messageOf } from "@skyvox/core";

const { cstring, i32, u32, ptr } = FFIType;

const functions = {
  nvmlInit_v2: { args: [], returns: i32 },
  nvmlShutdown: { args: [], returns: i32 },
  nvmlErrorString: { args: [i32], returns: cstring },
  nvmlSystemGetDriverVersion: { args: [ptr, u32], returns: i32 },
  nvmlDeviceGetCount_v2: { args: [ptr], returns: i32 },
  nvmlDeviceGetHandleByIndex_v2: { args: [u32, ptr], returns: i32 },
  nvmlDeviceGetName: { args: [ptr, ptr, u32], returns: i32 },
  nvmlDeviceGetUUID: { args: [ptr, ptr, u32], returns: i32 },
  nvmlDeviceGetMemoryInfo: { args: [ptr, ptr], returns: i32 },
  nvmlDeviceGetUtilizationRates: { args: [ptr, ptr], returns: i32 },
  nvmlDeviceGetTemperature: { args: [ptr, i32, ptr], returns: i32 },
  nvmlDeviceGetPowerUsage: { args: [ptr, ptr], returns: i32 },
  nvmlDeviceGetTotalEccErrors: { args: [ptr, i32, i32, ptr], returns: i32 },
} as const;

type NvmlFunctions = ReturnType<typeof dlopen<typeof functions>>["symbols"];

/** Where Linux drivers put the library. */
export const NVML_LIBRARY = "libnvidia-ml.so.1";

/** `nvmlReturn_t`. */
const SUCCESS = 0;
const NOT_SUPPORTED = 3;
/** `nvmlTemperatureSensors_t`: the die. */
const TEMPERATURE_GPU = 0;
/** `nvmlMemoryErrorType_t`. */
const ECC_CORRECTED = 0;
const ECC_UNCORRECTED = 1;
/** `nvmlEccCounterType_t`: since the driver was loaded. */
const ECC_VOLATILE = 0;
/** Bytes of the longest name or UUID, and of a driver's version. */
const TEXT_BYTES = 96;

/** One GPU now. Null stands for what the device does not tell. */
export interface GpuSample {
  readonly index: number;
  /** Names the device for good, wherever it is plugged in. */
  readonly gpuUuid: string;
  readonly name: string;
  readonly memoryBytesTotal: number | null;
  /** With what the driver keeps for itself, some hundred MB that nvidia-smi leaves out. */
  readonly memoryBytesUsed: number | null;
  /** Share of the last sample period in which a kernel ran, 0..1. */
  readonly utilisationShare: number | null;
  readonly temperatureCelsius: number | null;
  readonly powerW: number | null;
  /** Memory errors since the driver was loaded; null where the memory has no error correction. */
  readonly eccErrorsCorrected: number | null;
  readonly eccErrorsUncorrected: number | null;
  /** Why the device could not be asked; null where it could. */
  readonly fault: string | null;
}

/** An open NVML, or no with a reason. */
export type NvmlProbe = { readonly ok: true; readonly nvml: Nvml } | { readonly ok: false; readonly reason: string };

/** Opens the library of that name; the caller disposes what it gets. */
export function openNvml(library: string = NVML_LIBRARY): NvmlProbe {
  const refuse = (found: string): NvmlProbe => {
    return { ok: false, reason: `Cannot read GPUs: ${found}, need the NVIDIA driver and its ${NVML_LIBRARY}` };
  };
  try {
    const opened = dlopen(library, functions);
    const status = opened.symbols.nvmlInit_v2();
    if (status === SUCCESS) return { ok: true, nvml: new Nvml(opened.symbols, () => opened.close()) };
    const reason = String(opened.symbols.nvmlErrorString(status));
    opened.close();
    return refuse(`NVML says "${reason}"`);
  } catch (error) {
    return refuse(messageOf(error).split("\n")[0] ?? "");
  }
}

/** An open NVML; dispose it to let the driver go. */
export class Nvml implements Disposable {
  /** The version of the driver; "unknown" where it does not say. */
  readonly driverVersion: string;
  readonly #functions: NvmlFunctions;
  readonly #close: () => void;
  #isClosed = false;

  constructor(symbols: NvmlFunctions, close: () => void) {
    this.#functions = symbols;
    this.#close = close;
    const text = new Uint8Array(TEXT_BYTES);
    const status = symbols.nvmlSystemGetDriverVersion(text, TEXT_BYTES);
    this.driverVersion = status === SUCCESS ? textOf(text) : "unknown";
  }

  /** Asks every device. */
  sample(): GpuSample[] {
    const count = new Uint32Array(1);
    const status = this.#functions.nvmlDeviceGetCount_v2(count);
    if (status !== SUCCESS) return [];
    return Array.from({ length: count[0]! }, (_, index) => new DeviceReading(this.#functions, index).sample());
  }

  [Symbol.dispose](): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#functions.nvmlShutdown();
    this.#close();
  }
}

/** Asks one device, and keeps the first answer that was neither a value nor "not supported". */
class DeviceReading {
  readonly #functions: NvmlFunctions;
  readonly #index: number;
  readonly #device: Pointer | null;
  #fault: string | null = null;

  constructor(symbols: NvmlFunctions, index: number) {
    this.#functions = symbols;
    this.#index = index;
    const handle = new BigUint64Array(1);
    const isOk = this.#isOk(symbols.nvmlDeviceGetHandleByIndex_v2(index, handle));
    this.#device = isOk ? (Number(handle[0]) as Pointer) : null;
  }

  sample(): GpuSample {
    const nvml = this.#functions;
    const memory = this.#read(new BigUint64Array(3), (device, into) => nvml.nvmlDeviceGetMemoryInfo(device, into));
    const rates = this.#read(new Uint32Array(2), (device, into) => nvml.nvmlDeviceGetUtilizationRates(device, into));
    const temperature = this.#read(new Uint32Array(1), (device, into) =>
      nvml.nvmlDeviceGetTemperature(device, TEMPERATURE_GPU, into),
    );
    const power = this.#read(new Uint32Array(1), (device, into) => nvml.nvmlDeviceGetPowerUsage(device, into));
    const name = this.#text((device, into) => nvml.nvmlDeviceGetName(device, into, TEXT_BYTES));
    const gpuUuid = this.#text((device, into) => nvml.nvmlDeviceGetUUID(device, into, TEXT_BYTES));
    return {
      ...{ index: this.#index, gpuUuid, name },
      // The struct is total, free, used.
      ...{ memoryBytesTotal: numberAt(memory, 0), memoryBytesUsed: numberAt(memory, 2) },
      utilisationShare: scaled(numberAt(rates, 0), 1 / 100),
      temperatureCelsius: numberAt(temperature, 0),
      powerW: scaled(numberAt(power, 0), 1 / 1000),
      ...{ eccErrorsCorrected: this.#ecc(ECC_CORRECTED), eccErrorsUncorrected: this.#ecc(ECC_UNCORRECTED) },
      fault: this.#fault,
    };
  }

  #ecc(kind: number): number | null {
    const count = this.#read(new BigUint64Array(1), (device, into) =>
      this.#functions.nvmlDeviceGetTotalEccErrors(device, kind, ECC_VOLATILE, into),
    );
    return numberAt(count, 0);
  }

  #text(ask: (device: Pointer, into: Uint8Array) => number): string {
    const text = this.#read(new Uint8Array(TEXT_BYTES), ask);
    return text === null ? "unknown" : textOf(text);
  }

  #read<Into extends Uint8Array | Uint32Array | BigUint64Array>(
    into: Into,
    ask: (device: Pointer, into: Into) => number,
  ): Into | null {
    return this.#device !== null && this.#isOk(ask(this.#device, into)) ? into : null;
  }

  #isOk(status: number): boolean {
    if (status === SUCCESS) return true;
    if (status !== NOT_SUPPORTED) this.#fault ??= String(this.#functions.nvmlErrorString(status));
    return false;
  }
}

function numberAt(values: Uint8Array | Uint32Array | BigUint64Array | null, index: number): number | null {
  return values === null ? null : Number(values[index]);
}

function scaled(value: number | null, factor: number): number | null {
  return value === null ? null : value * factor;
}

function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(bytes.subarray(0, end < 0 ? bytes.length : end));
}

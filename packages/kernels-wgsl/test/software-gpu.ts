import { dlopen, FFIType } from "bun:ffi";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { messageOf } from "@skyvox/core";

const DRIVER = "/usr/lib/chromium/vk_swiftshader_icd.json";

/** Environment in which Dawn finds SwiftShader, the GPU simulated in software that Debian's chromium brings, and no other. */
export const softwareGpuEnv: Readonly<Record<string, string>> = {
  VK_DRIVER_FILES: DRIVER,
  XDG_RUNTIME_DIR: process.env.XDG_RUNTIME_DIR ?? tmpdir(),
};

/** Why Dawn cannot use SwiftShader here; null where it can. */
export const whySoftwareGpuMissing: string | null = whyMissing();

function whyMissing(): string | null {
  if (!existsSync(DRIVER)) return `${DRIVER} not found, need it: apt-get install chromium`;
  try {
    const { ptr } = FFIType;
    dlopen("libvulkan.so.1", { vkGetInstanceProcAddr: { args: [ptr, ptr], returns: ptr } }).close();
    return null;
  } catch (error) {
    return `${messageOf(error)}, need it: apt-get install libvulkan1`;
  }
}

/** Makes this process use SwiftShader, before it opens Dawn. The driver is native code and does not see `process.env`. */
export function useSoftwareGpu(): void {
  const { cstring, i32 } = FFIType;
  const libc = dlopen("libc.so.6", { setenv: { args: [cstring, cstring, i32], returns: i32 } });
  for (const [name, value] of Object.entries(softwareGpuEnv)) {
    libc.symbols.setenv(Buffer.from(`${name}\0`), Buffer.from(`${value}\0`), 1);
  }
}

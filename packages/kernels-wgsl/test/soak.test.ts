/** The wgsl backend over many time steps: its memory stays, and the garbage collector takes nothing that Dawn still needs. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { softwareGpuEnv, whySoftwareGpuMissing } from "./software-gpu.ts";

const SOAK_MS_MAX = 120_000;
const GROWTH_BYTES_MAX = 120e6;
const PIXELS = 32 * 24;

const suffix = whySoftwareGpuMissing === null ? "" : `: ${whySoftwareGpuMissing}`;

for (const uploads of ["written", "staged"]) {
  test.skipIf(whySoftwareGpuMissing !== null)(
    `The wgsl backend keeps its memory over 10,000 dispatches, uploads ${uploads}${suffix}`,
    async () => {
      const child = Bun.spawn([process.execPath, join(import.meta.dir, "soak-run.ts"), uploads], {
        env: { ...process.env, ...softwareGpuEnv },
        stdout: "pipe",
        stderr: "inherit",
        timeout: SOAK_MS_MAX,
      });
      const output = await new Response(child.stdout).text();
      expect(await child.exited).toBe(0);
      const { dispatches, steps, moved, rssBefore, rssAfter } = JSON.parse(output);
      expect(dispatches).toBeGreaterThanOrEqual(10_000);
      // All pixels are one blob, but in the first frame of a camera: those of steps 0, 1, 21, 41, …
      const firstFrames = 2 + Math.floor((steps - 2) / 20);
      expect(moved).toBe(PIXELS * (steps - firstFrames));
      expect(rssAfter - rssBefore).toBeLessThan(GROWTH_BYTES_MAX);
    },
    SOAK_MS_MAX,
  );
}

/** The exam of the wgsl backend on the GPU of this machine, in a process of its own: the other tests have theirs simulated. */
import { expect, test } from "bun:test";
import { join } from "node:path";

const EXAM_MS_MAX = 600_000;

function runChild(...args: string[]): string {
  const command = [process.execPath, join(import.meta.dir, "hardware-exam.ts"), ...args];
  const child = Bun.spawnSync(command, { stderr: "pipe", timeout: EXAM_MS_MAX });
  expect([child.exitCode, child.exitCode === 0 ? "" : child.stderr.toString()]).toEqual([0, ""]);
  return child.stdout.toString().trim();
}

const reason = runChild("probe");

const onHardware = reason === "" ? test : test.skip;
onHardware(
  `Backend wgsl equals the reference on the GPU of this machine${reason === "" ? "" : `: ${reason}`}`,
  () => expect(runChild("exam")).toBe(""),
  EXAM_MS_MAX,
);

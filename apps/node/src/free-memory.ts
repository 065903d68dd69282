import { existsSync, readFileSync } from "node:fs";

/**
 * Memory that can be had without pushing anything else out, in bytes: of the machine, or of the container where that allows less. Infinity
 * where the system does not say.
 *
 * @param root of the file system, for tests.
 */
export function freeMemoryBytes(root = ""): number {
  const kilobytes = /^MemAvailable: +(\d+) kB$/m.exec(textOf(`${root}/proc/meminfo`))?.[1];
  const ofMachine = kilobytes === undefined ? Number.POSITIVE_INFINITY : 1024 * Number(kilobytes);
  return Math.min(ofMachine, freeOfContainer(root));
}

/** What the limit of the control group (version 2) leaves; pages that only cache files do not count as used. */
function freeOfContainer(root: string): number {
  const limit = Number(textOf(`${root}/sys/fs/cgroup/memory.max`).trim() || "max");
  if (Number.isNaN(limit)) return Number.POSITIVE_INFINITY;
  const stat = textOf(`${root}/sys/fs/cgroup/memory.stat`);
  const used = ["anon", "shmem", "slab_unreclaimable"].map((name) =>
    Number(new RegExp(`^${name} (\\d+)$`, "m").exec(stat)?.[1] ?? 0),
  );
  return Math.max(0, limit - used.reduce((sum, bytes) => sum + bytes, 0));
}

function textOf(file: string): string {
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

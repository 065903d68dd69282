import { expect, test } from "bun:test";
import { TemporaryFolder } from "../test/run-node.ts";
import { freeMemoryBytes } from "./free-memory.ts";

test("Free memory is the machine's, or what the container's limit leaves where that is less", async () => {
  using folder = new TemporaryFolder();
  expect(freeMemoryBytes(folder.path)).toBe(Number.POSITIVE_INFINITY);
  await Bun.write(folder.file("proc/meminfo"), "MemTotal:       16000 kB\nMemAvailable:    8000 kB\n");
  expect(freeMemoryBytes(folder.path)).toBe(8_192_000);
  await Bun.write(folder.file("sys/fs/cgroup/memory.max"), "max\n");
  expect(freeMemoryBytes(folder.path)).toBe(8_192_000);
  await Bun.write(folder.file("sys/fs/cgroup/memory.max"), "5000000\n");
  // Cached files can be given up: they are not counted.
  await Bun.write(
    folder.file("sys/fs/cgroup/memory.stat"),
    "anon 1000000\nfile 3000000\nshmem 500000\nslab_unreclaimable 100\n",
  );
  expect(freeMemoryBytes(folder.path)).toBe(3_499_900);
});

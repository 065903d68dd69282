/** A frame through loopback TCP between two processes, over Bun's bare sockets: what a hand-off in shared memory saves. */
import { join } from "node:path";
import { assert } from "@skyvox/core";
import { median } from "./harness.ts";

/** Median time of one frame, from the request to the last byte copied into place, in ns. */
export async function loopbackTcpNs(byteLength: number, rounds: number): Promise<number> {
  const command = [process.execPath, join(import.meta.dir, "./link-sender.ts"), "plain", String(byteLength)];
  const child = Bun.spawn(command, { stdin: "pipe", stdout: "pipe", stderr: "inherit" });
  const { value } = await child.stdout.getReader().read();
  const slot = new Uint8Array(byteLength);
  let filled = 0;
  let done = Promise.withResolvers<void>();
  const socket = await Bun.connect({
    hostname: "127.0.0.1",
    port: Number(new TextDecoder().decode(value)),
    socket: {
      data: (_, bytes) => {
        slot.set(bytes, filled);
        filled += bytes.length;
        if (filled === byteLength) done.resolve();
      },
    },
  });
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    filled = 0;
    done = Promise.withResolvers();
    const startNs = Bun.nanoseconds();
    assert(socket.write(new Uint8Array(Uint32Array.of(1).buffer)) === 4, "a request of 4 bytes is sent");
    await done.promise;
    times.push(Bun.nanoseconds() - startNs);
  }
  socket.end();
  await child.stdin.end();
  await child.exited;
  return median(times);
}

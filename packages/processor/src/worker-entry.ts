/**
 * Entry of a worker process: opens the handlers it is told of, then does tasks until its pool lets it go.
 *
 * It must be started with an IPC channel and with {@link HEARTBEAT_FD} open.
 */
import { messageOf, SkyvoxError, systemClock } from "@skyvox/core";
import { startHeartbeat } from "./heartbeat.ts";
import type { OpenTaskHandler, TaskHandler } from "./task-handler.ts";
import { WorkerLoop } from "./worker-loop.ts";
import type { FromWorkerProcess, ToWorkerProcess } from "./worker-messages.ts";

let loop: WorkerLoop | null = null;

function send(message: FromWorkerProcess): void {
  process.send?.(message);
}

async function open({
  workerIndex,
  lanes,
  modules,
  heartbeatMs,
}: Extract<ToWorkerProcess, { type: "open" }>): Promise<void> {
  const isBeating = startHeartbeat(heartbeatMs);
  const handlers = new Map<string, TaskHandler>();
  for (const [type, address] of Object.entries(modules)) {
    const module: { default?: OpenTaskHandler } = await import(address);
    if (typeof module.default !== "function") {
      const found = `its module "${address}" has no default export that is a function`;
      throw new SkyvoxError("usage", `Cannot open the handler of "${type}": ${found}, need one that makes the handler`);
    }
    handlers.set(type, await module.default({ workerIndex }));
  }
  await isBeating;
  loop = new WorkerLoop({ lanes, handlers, clock: systemClock, send });
}

process.on("message", (message: ToWorkerProcess) => {
  if (message.type !== "open") {
    loop?.take(message);
    return;
  }
  open(message).then(
    () => send({ type: "opened" }),
    (error) => send({ type: "open-failed", message: messageOf(error) }),
  );
});
process.on("disconnect", () => process.exit(0));

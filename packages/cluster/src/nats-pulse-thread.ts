/** Thread of nats-pulse.ts: publishes that the node lives, for as long as its event loop moves now and then. */
import type { NatsConnection } from "@nats-io/transport-node";
import { messageOf, nowMsOf, repeat, systemAlarmClock } from "@skyvox/core";
import { connectionName } from "./cluster-agent.ts";
import { encodeMessage } from "./cluster-message-codec.ts";
import type { NatsCredentials } from "./engine-keys.ts";
import { openNats } from "./fabric-nats.ts";
import { PULSE_MS, type ToPulseThread } from "./nats-pulse.ts";

declare const self: Worker;

let pulse: { readonly open: Extract<ToPulseThread, { type: "open" }>; sequence: number } | null = null;
let connection: NatsConnection | null = null;
/** What the event loop had shown when it last moved, and when that was seen. */
let seen = { moves: -1, atMs: 0 };

self.onmessage = ({ data }: MessageEvent<ToPulseThread>): void => {
  if (data.type === "open") {
    pulse = { open: data, sequence: 0 };
    repeat(systemAlarmClock, PULSE_MS, beat);
  } else if (data.type === "credentials") void connect(data.credentials);
  else process.exit(0);
};

/** A later call wins: what an earlier one opens is closed again. */
async function connect(credentials: NatsCredentials): Promise<void> {
  const before = connection;
  connection = null;
  await before?.close();
  if (pulse === null) return;
  const { nodeId, life } = pulse.open;
  try {
    const opened = await openNats(`${connectionName(nodeId, life)}/pulse`, credentials, credentials.userSeed);
    if (connection !== null) await opened.close();
    else connection = opened;
  } catch (error) {
    self.postMessage(messageOf(error));
  }
}

function beat(): void {
  if (pulse === null || connection === null || connection.isClosed()) return;
  const { nodeId: from, life, moves, vouchMsMax } = pulse.open;
  const nowMs = nowMsOf(systemAlarmClock);
  const count = Atomics.load(moves, 0);
  if (count !== seen.moves) seen = { moves: count, atMs: nowMs };
  if (nowMs - seen.atMs > vouchMsMax) return;
  pulse.sequence += 1;
  connection.publish("cluster.all", encodeMessage(life, { type: "alive", from, life, sequence: pulse.sequence }));
}

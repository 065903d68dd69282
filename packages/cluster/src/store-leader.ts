/**
 * Keeps the leader of the engine's store away from the node that leads the cluster.
 *
 * When a server dies on which the store had its leader, the store stands still for 4 to 9 s until it has another; when any other server
 * dies it goes on. The node that leads must not take the store's leader with it when it dies, or the next one could not claim the lease.
 * Servers before 2.11 do not take a wish where the leader should go, so it is asked to step down until it is somewhere else.
 */
import { type NatsConnection, RequestError, TimeoutError } from "@nats-io/transport-node";
import { nowMsOf, scheduleInMs, systemAlarmClock } from "@skyvox/core";

/** A step takes some 300 ms, and one in two ends where it should. */
const MOVE_MS_MAX = 5000;
/** While a leader is chosen nobody answers, or the old one does. */
const ANSWER_MS_MAX = 500;
const LOOK_MS = 50;
/** A leader that is asked has this long to go before it is asked again. */
const STEP_MS_MAX = 500;

/** What came of it: where the leader is now, or why that is not known. */
export type StoreLeader =
  | { readonly ok: true; readonly leader: string }
  | { readonly ok: false; readonly reason: string };

/** Moves the leader of a stream away from a server, where it is on that; `awayFrom` is the server's name. */
export async function moveStreamLeader(
  connection: NatsConnection,
  { stream, awayFrom }: { readonly stream: string; readonly awayFrom: string },
): Promise<StoreLeader> {
  const endMs = nowMs() + MOVE_MS_MAX;
  for (let askAgainMs = 0; ; ) {
    const leader = await leaderOf(connection, stream);
    if (leader !== null && leader !== awayFrom) return { ok: true, leader };
    if (nowMs() >= endMs) return { ok: false, reason: `it is on "${leader ?? "no server"}" after ${MOVE_MS_MAX} ms` };
    if (leader !== null && nowMs() >= askAgainMs) {
      await ask(connection, `$JS.API.STREAM.LEADER.STEPDOWN.${stream}`);
      askAgainMs = nowMs() + STEP_MS_MAX;
    }
    await new Promise<void>((resolve) => scheduleInMs(systemAlarmClock, LOOK_MS, resolve));
  }
}

/** The server on which a stream has its leader; null while it has none, and so nobody answers. */
async function leaderOf(connection: NatsConnection, stream: string): Promise<string | null> {
  const answer = (await ask(connection, `$JS.API.STREAM.INFO.${stream}`)) as StreamInfo | null;
  return answer?.cluster?.leader ?? null;
}

function nowMs(): number {
  return nowMsOf(systemAlarmClock);
}

interface StreamInfo {
  readonly cluster?: { readonly leader?: string };
}

async function ask(connection: NatsConnection, subject: string): Promise<unknown> {
  try {
    const { data } = await connection.request(subject, new Uint8Array(), { timeout: ANSWER_MS_MAX });
    return JSON.parse(new TextDecoder().decode(data));
  } catch (error) {
    if (error instanceof TimeoutError || error instanceof RequestError) return null;
    throw error;
  }
}

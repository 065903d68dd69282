/**
 * What happens in the cluster, as it happens: server-sent events (WHATWG HTML, 9.2).
 *
 * A client first gets the events that are kept and then each new one; one that comes back with `Last-Event-ID` gets what it missed.
 */
import { createRoute, z } from "@hono/zod-openapi";
import { HTTPException } from "hono/http-exception";
import { type SSEStreamingApi, streamSSE } from "hono/streaming";
import type { ClusterEvent } from "../cluster/event-log.ts";
import { clusterEventTypes } from "../cluster/event-log.ts";
import { openRouter } from "./env.ts";
import { problemResponses } from "./problem.ts";

/** Clients served at once; one more is refused. */
const EVENT_CLIENTS_MAX = 64;
/** Events that wait for one client; past it the client is let go and comes back from where it was. */
const WAITING_MAX = 512;
/** A comment goes out this often, so that a dead client is noticed and a proxy does not cut the line. */
const BEAT_MS = 10_000;

const eventSchema = z
  .object({
    id: z.int(),
    timeMs: z.number().openapi({ description: "Milliseconds since 1970 on the clock of the node that answers." }),
    type: z.enum(clusterEventTypes),
    nodeId: z.string().nullable(),
    text: z.string(),
  })
  .openapi("ClusterEvent");

const eventsRoute = createRoute({
  method: "get",
  path: "/api/v1/events",
  tags: ["cluster"],
  summary: "Tells of joins, deaths, failovers and moves as they happen",
  description:
    "Server-sent events: `event` is the type, `data` the event as JSON, `id` its number. The last 256 come first; `Last-Event-ID` leaves out " +
    "those the client has.",
  responses: {
    200: { description: "The stream", content: { "text/event-stream": { schema: eventSchema } } },
    ...problemResponses(403, 500, 503),
  },
});

let clientCount = 0;

export const eventRoutes = openRouter().openapi(eventsRoute, (c) => {
  if (clientCount >= EVENT_CLIENTS_MAX) {
    throw new HTTPException(503, {
      message: `Cannot tell one more client of events: ${EVENT_CLIENTS_MAX} are connected`,
    });
  }
  // Bun would end a quiet stream after the connection's idle time.
  c.env.server.timeout(c.req.raw, 0);
  const { cluster } = c.env.view;
  const after = Number.parseInt(c.req.header("last-event-id") ?? "0", 10) || 0;
  return streamSSE(c, async (stream) => {
    const waiting = cluster.events().filter(({ id }) => id > after);
    let wake: () => void = () => undefined;
    const unsubscribe = cluster.subscribe((event) => {
      waiting.push(event);
      wake();
    });
    clientCount += 1;
    stream.onAbort(() => wake());
    try {
      while (!stream.aborted && !stream.closed && waiting.length <= WAITING_MAX) {
        for (const event of waiting.splice(0)) await say(stream, event);
        if (waiting.length > 0) continue;
        const isQuiet = await new Promise<boolean>((resolve) => {
          const timer = setTimeout(() => resolve(true), BEAT_MS);
          wake = () => {
            clearTimeout(timer);
            resolve(false);
          };
        });
        if (isQuiet) await stream.write(": still here\n\n");
      }
    } finally {
      clientCount -= 1;
      unsubscribe();
    }
  });
});

function say(stream: SSEStreamingApi, event: ClusterEvent): Promise<void> {
  return stream.writeSSE({ id: String(event.id), event: event.type, data: JSON.stringify(event) });
}

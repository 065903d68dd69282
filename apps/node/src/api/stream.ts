import { createRoute, z } from "@hono/zod-openapi";
import { HTTPException } from "hono/http-exception";
import { openRouter } from "./env.ts";
import { checkOrigin } from "./guard.ts";
import { answerProblem, problemResponses } from "./problem.ts";
import { wordList } from "./query.ts";
import { STREAM_CLIENTS_MAX, streamTopics } from "./stream-hub.ts";

const streamRoute = createRoute({
  method: "get",
  path: "/api/v1/stream",
  tags: ["stream"],
  summary: "Opens the WebSocket that tells what happens",
  description:
    "One JSON object per message, told apart by `type`: `hello` first, then the last `cameras` and `tracks` where there are any, then " +
    "`tracks` once per frame set, `voxels` and `cameras` at most 10 times a second. A client that reads too slowly misses voxels and " +
    "cameras, then is closed with code 1013. Messages from the client close it with code 1008.",
  request: { query: z.strictObject({ topics: wordList(streamTopics, "Only these messages, besides hello.") }) },
  middleware: checkOrigin,
  responses: {
    101: { description: "The WebSocket is open" },
    ...problemResponses(403, 422, 426, 500, 503),
  },
});

export const streamRoutes = openRouter().openapi(streamRoute, (c) => {
  const { server, stream } = c.env;
  if (c.req.header("upgrade")?.toLowerCase() !== "websocket") {
    c.header("upgrade", "websocket");
    return answerProblem(c, 426, "Cannot stream over plain HTTP, need a WebSocket");
  }
  if (stream.clientCount >= STREAM_CLIENTS_MAX) {
    throw new HTTPException(503, { message: `Cannot stream to one more client: ${STREAM_CLIENTS_MAX} are connected` });
  }
  const { topics } = c.req.valid("query");
  if (server.upgrade(c.req.raw, { data: { topics: new Set(topics ?? streamTopics) } })) return new Response(null);
  throw new HTTPException(426, { message: "Cannot stream: the WebSocket handshake is not valid, need RFC 6455" });
});

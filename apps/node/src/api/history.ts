/**
 * What was published lately: frame sets and camera reports as the stream told them, for looking back.
 *
 * They are kept as text and go out as they are, a line each: an answer costs no more than its bytes.
 */
import { createRoute, z } from "@hono/zod-openapi";
import { liveSchema } from "./cameras.ts";
import { openRouter } from "./env.ts";
import { enuSchema } from "./geometry.ts";
import { problemResponses } from "./problem.ts";
import { decimalNumber } from "./query.ts";
import { trackSchema } from "./tracks.ts";

/** An answer is cut after about this many bytes of messages. */
const ANSWER_BYTES_MAX = 4 * 1024 * 1024;
const TIME_S_MAX = 1e11;

const extentSchema = z
  .object({
    firstS: z.number().nullable().openapi({ description: "Time of the oldest message kept; null before the first." }),
    lastS: z.number().nullable(),
    stepCount: z.int().openapi({ description: "Frame sets kept." }),
    bytes: z.int().openapi({ description: "Memory they take, bookkeeping included." }),
    secondsMax: z.number().openapi({ description: "Site time that is kept at most; the oldest goes first." }),
    bytesMax: z.int().openapi({ description: "Bytes that are kept at most; the oldest goes first." }),
  })
  .openapi("HistoryExtent");

const stepSchema = z
  .object({
    type: z.literal("tracks"),
    timeS: z.number(),
    tracks: z.array(trackSchema).readonly(),
    detections: z.array(z.object({ positionM: enuSchema, extentM: enuSchema, cameraCount: z.int() })).readonly(),
    truth: z
      .array(z.object({ name: z.string(), positionM: enuSchema }))
      .readonly()
      .optional(),
    score: z
      .object({
        gospaM: z.number(),
        rmseM: z.number(),
        truthCount: z.int(),
        matchedCount: z.int(),
        missedCount: z.int(),
        falseCount: z.int(),
        switchCount: z.int(),
      })
      .optional(),
  })
  .openapi("PublishedStep");

const reportSchema = z
  .object({
    type: z.literal("cameras"),
    timeS: z.number(),
    cameras: z.array(liveSchema.extend({ id: z.string() })).readonly(),
    line: z.object({
      frameSetsPerS: z.number(),
      latencyMsP50: z.number(),
      latencyMsP99: z.number(),
      raysPerFrameSet: z.number(),
      voxelCount: z.number(),
      stageMs: z.record(z.string(), z.number()).readonly(),
    }),
    process: z.object({ cpuPercent: z.number(), memoryBytes: z.number() }),
  })
  .openapi("PublishedReport");

const LINES_TYPE = "application/x-ndjson";
/** Widened, so that the text may be sent as it is kept: to the router, whatever ends in "json" is an object yet to be encoded. */
const LINES: Record<string, { schema: z.ZodType }> = { [LINES_TYPE]: { schema: z.union([stepSchema, reportSchema]) } };

/** Header that says where to ask on. */
const NEXT_HEADER = "skyvox-next-s";

const summaryRoute = createRoute({
  method: "get",
  path: "/api/v1/history/summary",
  tags: ["history"],
  summary: "Says how far back one can look",
  responses: {
    200: { description: "What is kept", content: { "application/json": { schema: extentSchema } } },
    ...problemResponses(403, 500),
  },
});

const time = decimalNumber({ min: -TIME_S_MAX, max: TIME_S_MAX });

const sliceRoute = createRoute({
  method: "get",
  path: "/api/v1/history",
  tags: ["history"],
  summary: "Returns what was published in a span of time",
  request: {
    query: z.strictObject({
      from: time.openapi({ param: { description: "Site time of the first message wanted, seconds." } }),
      to: time.openapi({ param: { description: "Site time before which messages are wanted, seconds." } }),
    }),
  },
  responses: {
    200: {
      description: "The messages as the stream told them, oldest first, one JSON object a line",
      headers: z.object({
        [NEXT_HEADER]: z
          .string()
          .openapi({ description: "Ask on from this time; empty where all that was asked for is here." }),
      }),
      content: LINES,
    },
    ...problemResponses(403, 422, 500),
  },
});

export const historyRoutes = openRouter()
  .openapi(summaryRoute, (c) => c.json(c.env.view.past.extent(), 200))
  .openapi(sliceRoute, (c) => {
    const { from, to } = c.req.valid("query");
    const { messages, nextS } = c.env.view.past.slice({ fromS: from, toS: to, bytesMax: ANSWER_BYTES_MAX });
    const lines = messages.flatMap((text) => [text, LINE_END]);
    return c.body(Buffer.concat(lines), 200, {
      "content-type": LINES_TYPE,
      "cache-control": "no-store",
      [NEXT_HEADER]: nextS === null ? "" : String(nextS),
    });
  });

const LINE_END = Buffer.from("\n");

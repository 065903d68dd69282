/**
 * What went through the line and what it cost: `/api/v1/pipeline/stats`.
 *
 * Counts since the start come from the node and from the shared memory that frames go through, rates from the last seconds.
 */
import { createRoute, z } from "@hono/zod-openapi";
import { frameProfileNames } from "@skyvox/cameras";
import { openRouter } from "./env.ts";
import { problemResponses } from "./problem.ts";

const stageSchema = z.record(z.string(), z.number()).readonly();

const statsSchema = z
  .object({
    uptimeS: z.number(),
    frameSetsTotal: z.int(),
    raysTotal: z.int(),
    detectionsTotal: z.int(),
    tracksConfirmedTotal: z.int(),
    workerRestartsTotal: z.int(),
    cameras: z
      .array(
        z.object({
          id: z.string(),
          framesTotal: z.int(),
          skippedTotal: z.int(),
          lateTotal: z.int(),
          missingTotal: z.int(),
        }),
      )
      .readonly(),
    stageSeconds: stageSchema.openapi({ description: "Seconds spent since start by station." }),
    latencyMs: z.object({ p50: z.number(), p99: z.number() }).openapi({ description: "Capture to published track." }),
    line: z
      .object({
        frameSetsPerS: z.number(),
        latencyMsP50: z.number(),
        latencyMsP99: z.number(),
        raysPerFrameSet: z.number(),
        voxelCount: z.int(),
        stageMs: stageSchema.openapi({ description: "Mean milliseconds per frame set by station." }),
      })
      .nullable()
      .openapi({ description: "The last seconds; null before the first." }),
    frames: z
      .object({
        memoryBytes: z.int(),
        profile: z
          .object({
            name: z.enum(frameProfileNames),
            slots: z.int(),
            aheadFrames: z.int(),
            pollMs: z.number(),
            isChecked: z.boolean(),
            repeatMs: z.number(),
            replacementsMax: z.int(),
          })
          .openapi({ description: "What frames through shared memory are set up for, and the knobs that are set so." }),
        cameras: z
          .array(
            z.object({
              id: z.string(),
              published: z.int(),
              aborted: z.int(),
              refused: z.int(),
              evicted: z.int(),
            }),
          )
          .readonly(),
      })
      .nullable()
      .openapi({
        description:
          "Frames through shared memory, handed over in place; null where the worker reads the sources itself.",
      }),
    process: z.object({ cpuPercent: z.number(), memoryBytes: z.number() }).nullable(),
  })
  .openapi("PipelineStats");

const statsRoute = createRoute({
  method: "get",
  path: "/api/v1/pipeline/stats",
  tags: ["pipeline"],
  summary: "Counts what went through the line and what it cost",
  responses: {
    200: { description: "The counts", content: { "application/json": { schema: statsSchema } } },
    ...problemResponses(403, 500),
  },
});

export const pipelineRoutes = openRouter().openapi(statsRoute, (c) => {
  const { view } = c.env;
  const now = view.cameras();
  const [line, usage] = [now?.line ?? null, now?.process ?? null];
  const stats = { uptimeS: view.uptimeS(), ...view.counters(), line, frames: view.frames(), process: usage };
  return c.json(stats, 200);
});

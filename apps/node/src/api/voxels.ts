/**
 * Voxels that hold evidence: a summary, and the voxels themselves as JSON or PLY.
 *
 * An answer is bounded: past `limit` the strongest voxels stay, because the weak ones are what fades first anyway.
 */
import { createRoute, z } from "@hono/zod-openapi";
import { voxelChunksPly } from "@skyvox/voxels";
import type { VoxelSnapshot } from "../node-view.ts";
import { openRouter } from "./env.ts";
import { enuSchema } from "./geometry.ts";
import { problemResponses } from "./problem.ts";
import { wholeNumber } from "./query.ts";
import { strongest } from "./strongest.ts";

const summarySchema = z
  .object({
    timeS: z.number(),
    voxelSizeM: z.number(),
    minM: enuSchema.openapi({ description: "Lower corner of voxel [0, 0, 0]." }),
    count: z.int().openapi({ description: "Voxels that hold evidence." }),
    evidenceMax: z.number().openapi({ description: "Largest evidence, in summed grey levels; 0 without voxels." }),
    memoryBytes: z.number(),
    evictedCount: z.int(),
  })
  .openapi("VoxelSummary");

const voxelsSchema = z
  .object({
    timeS: z.number(),
    voxelSizeM: z.number(),
    minM: enuSchema,
    totalCount: z
      .int()
      .openapi({ description: "Voxels that hold evidence; more than are listed where limit was met." }),
    voxels: z
      .array(z.tuple([z.int(), z.int(), z.int(), z.number()]).readonly())
      .readonly()
      .openapi({ description: "[x, y, z, evidence], ordered by index; evidence in summed grey levels." }),
  })
  .openapi("Voxels");

const summaryRoute = createRoute({
  method: "get",
  path: "/api/v1/voxels/summary",
  tags: ["voxels"],
  summary: "Says how much evidence the grid holds",
  responses: {
    200: { description: "The summary", content: { "application/json": { schema: summarySchema } } },
    ...problemResponses(403, 500),
  },
});

const voxelsRoute = createRoute({
  method: "get",
  path: "/api/v1/voxels",
  tags: ["voxels"],
  summary: "Returns the voxels that hold evidence now",
  request: {
    query: z.strictObject({
      format: z.enum(["json", "ply"]).default("json"),
      limit: wholeNumber({ min: 1, max: 100_000 })
        .default(10_000)
        .openapi({ default: 10_000, param: { description: "Voxels at most; the strongest are kept." } }),
    }),
  },
  responses: {
    200: {
      description: "The voxels: JSON, or a binary PLY of voxel centres (x, y, z in metres, evidence)",
      content: {
        "application/json": { schema: voxelsSchema },
        "application/octet-stream": { schema: { type: "string", format: "binary" } },
      },
    },
    ...problemResponses(403, 422, 500),
  },
});

export const voxelRoutes = openRouter()
  .openapi(summaryRoute, (c) => {
    const { indices: _indices, evidence, ...rest } = c.env.view.voxels();
    const evidenceMax = evidence.reduce((largest, value) => Math.max(largest, value), 0);
    return c.json({ ...rest, count: evidence.length, evidenceMax }, 200);
  })
  .openapi(voxelsRoute, (c) => {
    const { format, limit } = c.req.valid("query");
    const all = c.env.view.voxels();
    const kept = strongest(all, limit);
    if (format === "ply") {
      const disposition = 'attachment; filename="voxels.ply"';
      return c.body(plyOf(kept), 200, {
        "content-type": "application/octet-stream",
        "content-disposition": disposition,
        "cache-control": "no-store",
      });
    }
    const { timeS, voxelSizeM, minM } = kept;
    return c.json({ timeS, voxelSizeM, minM, totalCount: all.evidence.length, voxels: rowsOf(kept) }, 200);
  });

function rowsOf({ indices, evidence }: VoxelSnapshot): [number, number, number, number][] {
  return Array.from(evidence, (value, i) => [indices[3 * i]!, indices[3 * i + 1]!, indices[3 * i + 2]!, value]);
}

function plyOf({ indices, evidence, minM, voxelSizeM }: VoxelSnapshot): Buffer<ArrayBuffer> {
  const snapshot = { count: evidence.length, xyz: indices, evidence };
  // Each chunk is overwritten by the next, so it is copied before.
  const chunks = Array.from(voxelChunksPly(snapshot, { minM, voxelSizeM }), (chunk) => chunk.slice());
  return Buffer.concat(chunks);
}

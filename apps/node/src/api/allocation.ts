/**
 * Which node observes which camera and why, and what would become of them if nodes went.
 *
 * The leader decides and tells all, so any node answers; only the leader answers what-if.
 */
import { createRoute, z } from "@hono/zod-openapi";
import { acceptedValue } from "./cluster.ts";
import { openRouter } from "./env.ts";
import { checkChange } from "./guard.ts";
import { problemResponses } from "./problem.ts";

const placementSchema = z
  .object({
    cameraId: z.string(),
    nodeId: z.string(),
    kind: z.enum(["kept", "new", "moved"]),
    why: z.string().openapi({ example: "most room left" }),
    holder: z.string().nullable().openapi({ description: "Who observes it now; null while nobody does." }),
  })
  .openapi("CameraPlacement");

const placements = z.array(placementSchema).readonly();
const unplaced = z.array(z.object({ cameraId: z.string(), why: z.string() })).readonly();
const loads = z
  .array(z.object({ nodeId: z.string(), load: z.number() }))
  .readonly()
  .openapi({ description: "Fullest resource of each node, as a share of its capacity." });

const allocationSchema = z
  .object({
    epoch: z.int().nullable().openapi({ description: "Of the leader that decided; null before the first." }),
    placements,
    unplaced,
    loads,
  })
  .openapi("Allocation");

const trialSchema = z
  .object({
    placements,
    unplaced,
    loads,
    changed: placements.openapi({ description: "The placements that differ from what is in force." }),
  })
  .openapi("AllocationTrial");

const nodeList = z.array(z.string().min(1).max(64)).max(256).default([]);

const changeSchema = z.strictObject({ nodesGone: nodeList, nodesDrained: nodeList }).openapi("AllocationChange");

const allocationRoute = createRoute({
  method: "get",
  path: "/api/v1/allocation",
  tags: ["cluster"],
  summary: "Says which node observes which camera, and why",
  responses: {
    200: { description: "The allocation", content: { "application/json": { schema: allocationSchema } } },
    ...problemResponses(403, 500),
  },
});

const trialRoute = createRoute({
  method: "post",
  path: "/api/v1/allocation/what-if",
  tags: ["cluster"],
  summary: "Says what would become of the cameras after a change, without making it",
  request: { body: { required: true, content: { "application/json": { schema: changeSchema } } } },
  middleware: checkChange,
  responses: {
    200: { description: "The allocation after it", content: { "application/json": { schema: trialSchema } } },
    ...problemResponses(400, 403, 404, 409, 422, 500),
  },
});

export const allocationRoutes = openRouter()
  .openapi(allocationRoute, (c) => c.json(c.env.view.cluster.allocation(), 200))
  .openapi(trialRoute, (c) => c.json(acceptedValue(c.env.view.cluster.tryAllocation(c.req.valid("json"))), 200));

/**
 * The cluster this node is part of: who leads, who is here, what carries the messages and how far they are apart.
 *
 * Orders (drain, cordon) are taken by the leader; any other node answers 409 and says who leads.
 */
import { createRoute, z } from "@hono/zod-openapi";
import { HTTPException } from "hono/http-exception";
import type { OrderOutcome } from "../cluster/cluster-view.ts";
import { openRouter } from "./env.ts";
import { checkChange } from "./guard.ts";
import { problemResponses } from "./problem.ts";

const nodeIdSchema = z.string().openapi({ example: "node-a" });

const clusterSchema = z
  .object({
    clusterId: z.string(),
    nodeId: nodeIdSchema.openapi({ description: "The node that answers." }),
    role: z.enum(["master", "worker"]),
    leader: z
      .object({ nodeId: nodeIdSchema, epoch: z.int() })
      .nullable()
      .openapi({ description: "Null while nobody leads." }),
    isLeader: z.boolean(),
    nodesHere: z.int(),
    fabric: z.object({
      kind: z.enum(["local", "nats"]),
      engine: z.string().openapi({ example: "nats-server 2.9.10" }),
      url: z.string().nullable(),
      host: nodeIdSchema.nullable().openapi({ description: "The node that hosts the engine." }),
      moves: z.int().openapi({ description: "How often another node's engine had to take over." }),
      limits: z.array(z.string()).readonly().openapi({ description: "What cannot be promised here." }),
    }),
    refused: z
      .record(z.string(), z.int())
      .readonly()
      .openapi({ description: "What was refused since the start: beacons, messages and observations, by reason." }),
  })
  .openapi("Cluster");

const nodeSchema = z
  .object({
    nodeId: nodeIdSchema,
    state: z.enum(["healthy", "suspect", "dead", "left"]),
    isSelf: z.boolean(),
    isLeader: z.boolean(),
    role: z.enum(["master", "worker"]).nullable(),
    version: z.string().nullable(),
    address: z.string().nullable().openapi({ description: "Where its API listens, as seen on its own machine." }),
    engineUrl: z.string().nullable().openapi({ description: "Its own engine, in use or standing by." }),
    isCordoned: z.boolean(),
    isDraining: z.boolean(),
    cameras: z.array(z.string()).readonly().openapi({ description: "Cameras it observes now." }),
    cannotOpen: z.array(z.object({ cameraId: z.string(), why: z.string() })).readonly(),
  })
  .openapi("ClusterNode");

const workerSchema = z
  .object({
    nodeId: nodeIdSchema,
    processId: z.int().nullable(),
    state: z.enum(["opening", "running", "gone"]),
    backend: z.string(),
    device: z.string(),
    restarts: z.int(),
  })
  .openapi("ClusterWorker");

const topologySchema = z
  .object({
    links: z.array(z.object({ from: nodeIdSchema, to: nodeIdSchema, latencyMs: z.number() })).readonly(),
    routes: z
      .array(
        z.object({
          from: nodeIdSchema,
          to: nodeIdSchema,
          nodes: z.array(nodeIdSchema).readonly().openapi({ description: "Both ends included." }),
          costMs: z.number(),
        }),
      )
      .readonly(),
  })
  .openapi("Topology");

const json = <Schema extends z.ZodType>(description: string, schema: Schema) => ({
  description,
  content: { "application/json": { schema } },
});

const clusterRoute = createRoute({
  method: "get",
  path: "/api/v1/cluster",
  tags: ["cluster"],
  summary: "Says who leads, over what, and what cannot be promised",
  responses: { 200: json("The cluster", clusterSchema), ...problemResponses(403, 500) },
});

const nodesRoute = createRoute({
  method: "get",
  path: "/api/v1/nodes",
  tags: ["cluster"],
  summary: "Lists the nodes, also those that are gone for less than a minute",
  responses: {
    200: json("The nodes", z.object({ nodes: z.array(nodeSchema).readonly() })),
    ...problemResponses(403, 500),
  },
});

const workersRoute = createRoute({
  method: "get",
  path: "/api/v1/workers",
  tags: ["cluster"],
  summary: "Lists the worker processes of all nodes",
  responses: {
    200: json("The workers", z.object({ workers: z.array(workerSchema).readonly() })),
    ...problemResponses(403, 500),
  },
});

const topologyRoute = createRoute({
  method: "get",
  path: "/api/v1/topology",
  tags: ["cluster"],
  summary: "Says how long messages take between nodes, and the best routes",
  responses: { 200: json("Links and routes", topologySchema), ...problemResponses(403, 500) },
});

const admissionSchema = z.object({ nodeId: nodeIdSchema, isCordoned: z.boolean(), isDraining: z.boolean() });

const admissions = {
  drain: { isCordoned: true, isDraining: true },
  cordon: { isCordoned: true, isDraining: false },
  uncordon: { isCordoned: false, isDraining: false },
} as const;

const admissionRoute = createRoute({
  method: "post",
  path: "/api/v1/nodes/{id}/{order}",
  tags: ["cluster"],
  summary: "Drains, cordons or uncordons a node",
  description:
    "`drain`: it gives its cameras away and takes none; `cordon`: it keeps what it has and takes no more; `uncordon`: both ends.",
  request: {
    params: z.strictObject({
      id: z
        .string()
        .min(1)
        .max(64)
        .openapi({ param: { name: "id", in: "path" } }),
      order: z.enum(["drain", "cordon", "uncordon"]).openapi({ param: { name: "order", in: "path" } }),
    }),
  },
  middleware: checkChange,
  responses: {
    202: json("The order is on its way; `/api/v1/nodes` shows when it is in force", admissionSchema),
    ...problemResponses(403, 404, 409, 422, 500),
  },
});

export const clusterRoutes = openRouter()
  .openapi(clusterRoute, (c) => c.json(c.env.view.cluster.cluster(), 200))
  .openapi(nodesRoute, (c) => c.json({ nodes: c.env.view.cluster.nodes() }, 200))
  .openapi(workersRoute, (c) => c.json({ workers: c.env.view.cluster.workers() }, 200))
  .openapi(topologyRoute, (c) => c.json(c.env.view.cluster.topology(), 200))
  .openapi(admissionRoute, (c) => {
    const { id: nodeId, order } = c.req.valid("param");
    const wanted = { nodeId, ...admissions[order] };
    acceptedValue(c.env.view.cluster.setAdmission(wanted));
    return c.json(wanted, 202);
  });

/** What an order gave. @throws {HTTPException} 404 or 409 with why it was not taken. */
export function acceptedValue<Value>(outcome: OrderOutcome<Value>): Value {
  if (outcome.ok) return outcome.value;
  throw new HTTPException(outcome.reason === "unknown" ? 404 : 409, { message: outcome.why });
}

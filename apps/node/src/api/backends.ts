import { createRoute, z } from "@hono/zod-openapi";
import { answerOrigins } from "../kernel-choice.ts";
import { openRouter } from "./env.ts";
import { problemResponses } from "./problem.ts";

const runsSchema = z
  .object({
    backend: z.string().openapi({ example: "cpu" }),
    device: z.string().openapi({ description: "What runs the kernels; empty until the worker has opened them." }),
    reason: z.string().openapi({
      description: "Why this one: how it was chosen, or what became of the worker before it.",
      example: "cuda lost its device: an illegal address was encountered; went on with cpu",
    }),
  })
  .openapi("RunningBackend");

const backendSchema = z
  .object({
    backend: z.string().openapi({ example: "cpu" }),
    ok: z.boolean().openapi({ description: "Whether it said that it can run here, and gave the reference's bits." }),
    chosen: z.boolean().openapi({ description: "Whether it runs now." }),
    reason: z.string().openapi({ description: "Why it can or cannot run, why it runs, or why it was given up." }),
    device: z.string().optional(),
    stepMs: z.number().optional().openapi({ description: "Milliseconds one time step of the micro-benchmark took." }),
    from: z
      .enum(answerOrigins)
      .optional()
      .openapi({
        description:
          "Where the answer came from: a probe at this start, the cache of an earlier one, or the crash of the probe. " +
          "Absent for the reference where it was not asked.",
      }),
  })
  .openapi("Backend");

const backendsRoute = createRoute({
  method: "get",
  path: "/api/v1/backends",
  tags: ["backends"],
  summary: "Says which compute backend runs and why, and lists what each one answered",
  responses: {
    200: {
      description: "The one that runs, and every backend that was asked",
      content: {
        "application/json": { schema: z.object({ runs: runsSchema, backends: z.array(backendSchema).readonly() }) },
      },
    },
    ...problemResponses(403, 500),
  },
});

export const backendRoutes = openRouter().openapi(backendsRoute, (c) => c.json(c.env.view.backends(), 200));

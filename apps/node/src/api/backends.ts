import { createRoute, z } from "@hono/zod-openapi";
import { openRouter } from "./env.ts";
import { problemResponses } from "./problem.ts";

const backendSchema = z
  .object({
    backend: z.string().openapi({ example: "cpu" }),
    ok: z.boolean(),
    chosen: z.boolean(),
    reason: z.string().openapi({ description: "Why it can or cannot run, or why it was (not) chosen." }),
    device: z.string().optional(),
    stepMs: z.number().optional().openapi({ description: "Milliseconds one time step of the micro-benchmark took." }),
  })
  .openapi("Backend");

const backendsRoute = createRoute({
  method: "get",
  path: "/api/v1/backends",
  tags: ["backends"],
  summary: "Lists the compute backends, what each answered and which one runs",
  responses: {
    200: {
      description: "Every backend of this build",
      content: { "application/json": { schema: z.object({ backends: z.array(backendSchema).readonly() }) } },
    },
    ...problemResponses(403, 500),
  },
});

export const backendRoutes = openRouter().openapi(backendsRoute, (c) => c.json({ backends: c.env.view.backends }, 200));

/**
 * Whether the node lives, whether it can work, and what it is: for supervisors and load balancers, which ask often and read the status.
 *
 * `/healthz` says only that the process answers, so that a camera that is down does not get the node restarted; `/readyz` asks every
 * dependency.
 */
import { createRoute, z } from "@hono/zod-openapi";
import { openRouter } from "./env.ts";
import { answerProblem, problemResponses, problemSchema } from "./problem.ts";

const healthSchema = z
  .object({ status: z.literal("ok"), uptimeS: z.number().openapi({ description: "Seconds since the node started." }) })
  .openapi("Health");

const checkSchema = z.object({ name: z.string(), ok: z.boolean(), detail: z.string() }).openapi("ReadyCheck");

const readySchema = z.object({ ready: z.literal(true), checks: z.array(checkSchema).readonly() }).openapi("Ready");

const notReadySchema = problemSchema.extend({ checks: z.array(checkSchema).readonly() }).openapi("NotReady");

const versionSchema = z
  .object({ name: z.literal("skyvox"), version: z.string(), runtime: z.string().openapi({ example: "Bun 1.4.5" }) })
  .openapi("Version");

const healthRoute = createRoute({
  method: "get",
  path: "/healthz",
  tags: ["node"],
  summary: "Says that the node's process answers",
  responses: {
    200: { description: "The node lives", content: { "application/json": { schema: healthSchema } } },
    ...problemResponses(403, 500),
  },
});

const readyRoute = createRoute({
  method: "get",
  path: "/readyz",
  tags: ["node"],
  summary: "Says whether everything the node depends on works",
  responses: {
    200: { description: "Every dependency works", content: { "application/json": { schema: readySchema } } },
    503: {
      description: "Some dependency does not work",
      content: { "application/problem+json": { schema: notReadySchema } },
    },
    ...problemResponses(403, 500),
  },
});

const versionRoute = createRoute({
  method: "get",
  path: "/version",
  tags: ["node"],
  summary: "Says what runs here",
  responses: {
    200: { description: "Name and version", content: { "application/json": { schema: versionSchema } } },
    ...problemResponses(403, 500),
  },
});

export const healthRoutes = openRouter()
  .openapi(healthRoute, (c) => c.json({ status: "ok" as const, uptimeS: c.env.view.uptimeS() }, 200))
  .openapi(readyRoute, (c) => {
    const checks = c.env.view.checks();
    const failed = checks.filter(({ ok }) => !ok);
    if (failed.length === 0) return c.json({ ready: true as const, checks }, 200);
    const names = failed.map(({ name }) => name).join(", ");
    return answerProblem(c, 503, `Cannot work: ${names} not ok, need every check ok`, { checks });
  })
  .openapi(versionRoute, (c) =>
    c.json({ name: "skyvox" as const, version: c.env.view.version, runtime: `Bun ${Bun.version}` }, 200),
  );

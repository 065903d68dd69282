/**
 * The work a leader gives out, task by task, and how it chooses who does it.
 *
 * Each frame set is one task. A node that does not lead, or is alone, gives out none.
 */
import { createRoute, z } from "@hono/zod-openapi";
import { policyNames, taskStates } from "@skyvox/processor";
import { HTTPException } from "hono/http-exception";
import { acceptedValue } from "./cluster.ts";
import { openRouter } from "./env.ts";
import { checkChange } from "./guard.ts";
import { problemResponses } from "./problem.ts";

const taskSchema = z
  .object({
    taskId: z.string(),
    type: z.string(),
    state: z.enum(taskStates),
    priority: z.int(),
    attempts: z.int().openapi({ description: "How often it was given to a worker." }),
    failures: z.int().openapi({ description: "Attempts that failed, hung or lost their worker." }),
    workerId: z.string().nullable(),
    submittedMs: z.number().openapi({ description: "On the leader's own clock." }),
    settledMs: z.number().nullable(),
  })
  .openapi("Task");

const tasksSchema = z
  .object({
    counts: z
      .object({
        submitted: z.int(),
        completed: z.int(),
        retries: z.int(),
        deadLetters: z.int(),
        cancelled: z.int(),
        expired: z.int(),
        answersRefused: z
          .int()
          .openapi({ description: "Of another attempt, another epoch or a task that is settled." }),
        queued: z.int(),
        assigned: z.int(),
        workers: z.int(),
        executionMsMean: z.number(),
      })
      .nullable()
      .openapi({ description: "Since this node leads; null where it gives out no work." }),
    tasks: z.array(taskSchema).readonly().openapi({ description: "The last ones, newest first." }),
    deadLetters: z
      .array(z.object({ taskId: z.string(), type: z.string(), attempts: z.int(), reason: z.string() }))
      .readonly(),
  })
  .openapi("Tasks");

const explanationSchema = z
  .object({ taskId: z.string(), lines: z.array(z.string()).readonly() })
  .openapi("TaskExplanation");

const schedulerSchema = z
  .object({ policy: z.enum(policyNames), policies: z.array(z.enum(policyNames)).readonly() })
  .openapi("Scheduler");

const tasksRoute = createRoute({
  method: "get",
  path: "/api/v1/tasks",
  tags: ["cluster"],
  summary: "Lists tasks with their state, retries and dead letters",
  responses: {
    200: { description: "The tasks", content: { "application/json": { schema: tasksSchema } } },
    ...problemResponses(403, 500),
  },
});

const taskRoute = createRoute({
  method: "get",
  path: "/api/v1/tasks/{id}",
  tags: ["cluster"],
  summary: "Says why a task ran where it ran, or why it does not run",
  request: {
    params: z.strictObject({
      id: z
        .string()
        .min(1)
        .max(200)
        .openapi({ param: { name: "id", in: "path" } }),
    }),
  },
  responses: {
    200: { description: "The explanation", content: { "application/json": { schema: explanationSchema } } },
    ...problemResponses(403, 404, 422, 500),
  },
});

const schedulerRoute = createRoute({
  method: "get",
  path: "/api/v1/scheduler",
  tags: ["cluster"],
  summary: "Says how a worker is chosen for a task",
  responses: {
    200: { description: "The policy", content: { "application/json": { schema: schedulerSchema } } },
    ...problemResponses(403, 500),
  },
});

const policySchema = z.strictObject({ policy: z.enum(policyNames) }).openapi("SchedulerPolicy");

const policyRoute = createRoute({
  method: "put",
  path: "/api/v1/scheduler",
  tags: ["cluster"],
  summary: "Sets how a worker is chosen, from the next task on",
  request: { body: { required: true, content: { "application/json": { schema: policySchema } } } },
  middleware: checkChange,
  responses: {
    200: { description: "The policy in force", content: { "application/json": { schema: schedulerSchema } } },
    ...problemResponses(400, 403, 404, 409, 422, 500),
  },
});

export const taskRoutes = openRouter()
  .openapi(tasksRoute, (c) => c.json(c.env.view.cluster.tasks(), 200))
  .openapi(taskRoute, (c) => {
    const { id: taskId } = c.req.valid("param");
    const lines = c.env.view.cluster.explainTask(taskId);
    if (lines === null)
      throw new HTTPException(404, { message: `Cannot find task "${taskId}": it is not known, need one of the last` });
    return c.json({ taskId, lines }, 200);
  })
  .openapi(schedulerRoute, (c) => c.json(c.env.view.cluster.scheduler(), 200))
  .openapi(policyRoute, (c) => {
    acceptedValue(c.env.view.cluster.setPolicy(c.req.valid("json").policy));
    return c.json(c.env.view.cluster.scheduler(), 200);
  });

/**
 * Errors as the API says them: `application/problem+json` of RFC 9457 for every status from 400 on.
 *
 * A handler throws `HTTPException` with a status and one line; `answerError` turns it, and everything unforeseen, into a problem. What was
 * unforeseen is printed to standard error and answered 500 without its text, which may hold paths or a stack.
 */
import { STATUS_CODES } from "node:http";
import { z } from "@hono/zod-openapi";
import { messageOf } from "@skyvox/core";
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";

/** An error as RFC 9457 describes it; `errors` lists each part of the request that was refused. */
export const problemSchema = z
  .object({
    type: z.string().openapi({ description: "Always about:blank: the status says what kind of problem it is." }),
    title: z.string().openapi({ example: "Not Found" }),
    status: z.int().openapi({ example: 404 }),
    detail: z.string(),
    instance: z.string().openapi({ description: "Path of the request." }),
    errors: z
      .array(z.object({ where: z.string().openapi({ example: "query.width" }), detail: z.string() }))
      .readonly()
      .optional(),
  })
  .openapi("Problem");

export type Problem = z.infer<typeof problemSchema>;

const PROBLEM_JSON = "application/problem+json";

/** Describes the problems an operation may answer with, for `createRoute`. */
export function problemResponses<const Status extends ContentfulStatusCode>(...statuses: readonly Status[]) {
  const described = (status: Status) => ({
    description: STATUS_CODES[status] ?? "",
    content: { [PROBLEM_JSON]: { schema: problemSchema } } as const,
  });
  return Object.fromEntries(statuses.map((status) => [status, described(status)])) as Record<
    Status,
    ReturnType<typeof described>
  >;
}

/** Answers with a problem. `more` are members beyond those of every problem. */
export function answerProblem<const Status extends ContentfulStatusCode, More extends object = object>(
  c: Context,
  status: Status,
  detail: string,
  more?: More,
) {
  const problem = { type: "about:blank", title: STATUS_CODES[status] ?? "", status, detail, instance: c.req.path };
  return c.json({ ...problem, ...(more ?? ({} as More)) }, status, { "content-type": PROBLEM_JSON });
}

/** Answers what a handler threw. */
export function answerError(error: Error, c: Context): Response {
  if (error instanceof HTTPException) return answerProblem(c, error.status, error.message);
  console.error(`Cannot answer ${c.req.method} ${c.req.path}: ${messageOf(error)}`);
  return answerProblem(c, 500, "Cannot answer: the node failed, its log says why");
}

/** Refuses a request whose parameters did not pass their schema: 422, naming each of them. */
export function refuseInvalid(
  result: { readonly success: boolean; readonly target: string; readonly error?: z.ZodError },
  c: Context,
): Response | undefined {
  if (result.success) return undefined;
  const errors = (result.error?.issues ?? []).map((issue) => ({
    where: [result.target, ...issue.path].join("."),
    detail: issue.message,
  }));
  return answerProblem(c, 422, `Cannot read the ${result.target} of the request: ${errors.length} refused`, { errors });
}

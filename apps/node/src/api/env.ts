import { OpenAPIHono } from "@hono/zod-openapi";
import type { NodeView } from "../node-view.ts";
import type { Assets } from "./assets.ts";
import type { Metrics } from "./metrics.ts";
import { refuseInvalid } from "./problem.ts";
import type { StreamClient, StreamHub } from "./stream-hub.ts";

/** What a request may reach while it is answered: handed to Hono with every request, so that routes are constants. */
export interface ApiBindings {
  readonly view: NodeView;
  readonly assets: Assets;
  /** What `/openapi.json` says. */
  readonly document: object;
  readonly metrics: Metrics;
  readonly stream: StreamHub;
  /** Host names this server answers to, see `hostsOf`. */
  readonly hosts: ReadonlySet<string>;
  readonly server: Bun.Server<StreamClient>;
}

export type ApiEnv = { Bindings: ApiBindings };

/** Opens an empty set of routes whose failed validations answer 422. */
export function openRouter(): OpenAPIHono<ApiEnv> {
  return new OpenAPIHono<ApiEnv>({ defaultHook: refuseInvalid });
}

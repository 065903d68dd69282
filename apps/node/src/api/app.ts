/**
 * Composes the API: guards around, one set of routes per resource, the dashboard for every other path.
 *
 * Routes are constants; the node they speak of comes with each request (`ApiBindings`). So the document of the API needs no node.
 */
import type { Context } from "hono";
import { bodyLimit } from "hono/body-limit";
import { methodNotAllowed } from "hono/method-not-allowed";
import { allocationRoutes } from "./allocation.ts";
import { answerAsset } from "./assets.ts";
import { backendRoutes } from "./backends.ts";
import { cameraRoutes } from "./cameras.ts";
import { clusterRoutes } from "./cluster.ts";
import { docsRoutes } from "./docs.ts";
import { type ApiEnv, openRouter } from "./env.ts";
import { eventRoutes } from "./events.ts";
import { explanationRoutes } from "./explanation.ts";
import { checkHost, setSecurityHeaders } from "./guard.ts";
import { healthRoutes } from "./health.ts";
import { historyRoutes } from "./history.ts";
import { metricsRoutes } from "./metrics.ts";
import { pipelineRoutes } from "./pipeline.ts";
import { answerError, answerProblem } from "./problem.ts";
import { siteRoutes } from "./site.ts";
import { streamRoutes } from "./stream.ts";
import { taskRoutes } from "./tasks.ts";
import { trackRoutes } from "./tracks.ts";
import { voxelRoutes } from "./voxels.ts";

const BODY_BYTES_MAX = 1_000_000;

/** Every route of the node; its requests carry `ApiBindings`. */
export const app = openRouter();

app.use(setSecurityHeaders);
app.use(methodNotAllowed({ app, onMethodNotAllowed: refuseMethod }));
app.use(checkHost);
app.use(
  bodyLimit({
    maxSize: BODY_BYTES_MAX,
    onError: (c) => answerProblem(c, 413, `Cannot take the body, need at most ${BODY_BYTES_MAX} bytes`),
  }),
);
for (const routes of [
  healthRoutes,
  metricsRoutes,
  siteRoutes,
  cameraRoutes,
  trackRoutes,
  explanationRoutes,
  historyRoutes,
  voxelRoutes,
  pipelineRoutes,
  backendRoutes,
  streamRoutes,
  clusterRoutes,
  allocationRoutes,
  taskRoutes,
  eventRoutes,
  docsRoutes,
]) {
  app.route("/", routes);
}
app.get("/openapi.json", (c) => c.json(c.env.document));
app.notFound(answerOther);
app.onError(answerError);

function answerOther(c: Context<ApiEnv>): Response {
  const { method, path } = c.req;
  const asset = c.env.assets.get(path);
  if (asset === undefined) return answerProblem(c, 404, `Cannot find "${path}", need a path of /openapi.json`);
  if (method !== "GET" && method !== "HEAD") return refuseMethod(c, ["GET", "HEAD"]);
  return answerAsset(c, asset);
}

function refuseMethod(c: Context, methods: readonly string[]): Response {
  c.header("allow", methods.join(", "));
  return answerProblem(c, 405, `Cannot ${c.req.method} ${c.req.path}, need ${methods.join(" or ")}`);
}

/**
 * The cameras of the site: what is fixed (place, lens, source) joined with what each sees now, and the last picture of one.
 *
 * A camera without news yet is listed with `live: null`, so that a client can tell "nothing came" from "does not exist".
 */
import { createRoute, z } from "@hono/zod-openapi";
import { cameraId } from "@skyvox/core";
import { HTTPException } from "hono/http-exception";
import type { NodeView } from "../node-view.ts";
import { openRouter } from "./env.ts";
import { enuSchema } from "./geometry.ts";
import { problemResponses } from "./problem.ts";
import { wholeNumber } from "./query.ts";

/** A camera as the site describes it. */
export const cameraSchema = z
  .object({
    id: z.string(),
    positionM: enuSchema,
    cameraFromEnu: z.array(z.number()).length(9).readonly().openapi({
      description: "[3, 3] row-major: east-north-up to optical (x right, y down, z forward).",
    }),
    intrinsics: z.object({
      widthPx: z.number(),
      heightPx: z.number(),
      fxPx: z.number(),
      fyPx: z.number(),
      cxPx: z.number(),
      cyPx: z.number(),
    }),
    source: z.string(),
  })
  .openapi("Camera");

const boxSchema = z.tuple([z.number(), z.number(), z.number(), z.number()]).readonly();

/** What a camera sees and gives now. */
export const liveSchema = z
  .object({
    state: z.enum(["running", "ended", "failed"]),
    detail: z.string().optional(),
    cameraFps: z.number(),
    processedFps: z.number(),
    skippedFps: z.number(),
    missingFrames: z.number(),
    lateFrames: z.number(),
    motionPixels: z.number(),
    flooded: z.boolean().openapi({ description: "So much of the frame moved that it says nothing about targets." }),
    blobs: z.array(boxSchema).readonly().openapi({
      description: "Bounding boxes of moving blobs, [x0, y0, x1, y1] in pixels of the full frame, inclusive.",
    }),
  })
  .openapi("CameraLive");

const cameraWithLiveSchema = cameraSchema
  .extend({ live: z.union([liveSchema, z.null()]).openapi({ description: "Null before the first frame." }) })
  .openapi("CameraWithLive");

const idParam = z.strictObject({
  id: z
    .string()
    .min(1)
    .max(200)
    .openapi({ param: { name: "id", in: "path" } }),
});

const listRoute = createRoute({
  method: "get",
  path: "/api/v1/cameras",
  tags: ["cameras"],
  summary: "Lists the cameras and what they see now",
  responses: {
    200: {
      description: "Every camera of the site",
      content: { "application/json": { schema: z.object({ cameras: z.array(cameraWithLiveSchema).readonly() }) } },
    },
    ...problemResponses(403, 500),
  },
});

const oneRoute = createRoute({
  method: "get",
  path: "/api/v1/cameras/{id}",
  tags: ["cameras"],
  summary: "Returns one camera and what it sees now",
  request: { params: idParam },
  responses: {
    200: { description: "The camera", content: { "application/json": { schema: cameraWithLiveSchema } } },
    ...problemResponses(403, 404, 422, 500),
  },
});

const snapshotRoute = createRoute({
  method: "get",
  path: "/api/v1/cameras/{id}/snapshot.png",
  tags: ["cameras"],
  summary: "Returns the camera's last picture as a grey PNG",
  request: {
    params: idParam,
    query: z.strictObject({
      width: wholeNumber({ min: 16, max: 4096 })
        .default(640)
        .openapi({ default: 640, param: { description: "Columns at most, in pixels." } }),
    }),
  },
  responses: {
    200: {
      description: "The picture",
      headers: z.object({
        "skyvox-time-s": z.string().openapi({ description: "Site time of the picture, in seconds." }),
      }),
      content: { "image/png": { schema: { type: "string", format: "binary" } } },
    },
    ...problemResponses(403, 404, 422, 500),
  },
});

export const cameraRoutes = openRouter()
  .openapi(listRoute, (c) => c.json({ cameras: camerasOf(c.env.view) }, 200))
  .openapi(oneRoute, (c) => c.json(cameraOf(c.env.view, c.req.valid("param").id), 200))
  .openapi(snapshotRoute, async (c) => {
    const { id } = cameraOf(c.env.view, c.req.valid("param").id);
    const snapshot = await c.env.view.snapshot(cameraId(id), c.req.valid("query").width);
    if (snapshot === null)
      throw new HTTPException(404, { message: `Cannot show camera "${id}": no frame has come yet` });
    const { png, timeS } = snapshot;
    return new Response(png, {
      headers: { "content-type": "image/png", "cache-control": "no-store", "skyvox-time-s": timeS.toFixed(6) },
    });
  });

function camerasOf(view: NodeView): z.infer<typeof cameraWithLiveSchema>[] {
  const live = new Map(view.cameras()?.cameras.map(({ id, ...rest }) => [id, rest]));
  return view.hello().site.cameras.map((camera) => ({ ...camera, live: live.get(camera.id) ?? null }));
}

function cameraOf(view: NodeView, id: string): z.infer<typeof cameraWithLiveSchema> {
  const cameras = camerasOf(view);
  const camera = cameras.find((candidate) => candidate.id === id);
  if (camera !== undefined) return camera;
  const known = cameras.map((candidate) => candidate.id).join(", ");
  throw new HTTPException(404, { message: `Cannot find camera "${id}": the site has none, need one of ${known}` });
}

/**
 * Why a track is a track, why elsewhere there is none, and what becomes of everything that moves in one camera's picture.
 *
 * The answers are of one moment: the last frame set for which the cameras told what moved.
 */
import { createRoute, z } from "@hono/zod-openapi";
import { trackId } from "@skyvox/core";
import { HTTPException } from "hono/http-exception";
import type { Evidence } from "../explain/evidence.ts";
import { explainCamera } from "../explain/explain-camera.ts";
import { explainPlace } from "../explain/explain-place.ts";
import { explainTrack } from "../explain/explain-track.ts";
import type { NodeView } from "../node-view.ts";
import { openRouter } from "./env.ts";
import { enuSchema } from "./geometry.ts";
import { problemResponses } from "./problem.ts";
import { decimalNumber, wholeNumber } from "./query.ts";

/** Metres from the origin that a place may be asked about. */
const REACH_M_MAX = 1e6;

const verdictSchema = z
  .object({
    id: z.string(),
    verdict: z.enum(["seen", "moves", "still", "outside", "flooded", "off"]).openapi({
      description:
        "seen: took part in the track's detection; moves, still: something or nothing moves there; outside: not in its picture; " +
        "flooded: so much moves that it says nothing; off: it gives no frames.",
    }),
    detail: z.string(),
    pixel: z.tuple([z.number(), z.number()]).readonly().nullable().openapi({
      description: "Where the place lies in its picture, from the centre of the top-left pixel; null outside.",
    }),
    residualPx: z.number().nullable().openapi({
      description: "Pixels from there to the middle of the nearest thing that moves, where it is near enough to count.",
    }),
  })
  .openapi("CameraVerdict");

const summary = z.string().openapi({ description: "One sentence." });
const camerasNeeded = z.int().openapi({ description: "Cameras that must agree." });

const trackSchema = z
  .object({
    id: z.int(),
    timeS: z.number(),
    state: z.enum(["tentative", "confirmed", "coasting", "deleted"]),
    summary,
    score: z.number().openapi({ description: "Log-likelihood ratio of target against clutter." }),
    confirmScore: z.number().openapi({ description: "Score from which a track is confirmed." }),
    existence: z
      .number()
      .openapi({ description: "The score as a probability, target and clutter equally likely at first." }),
    ageS: z.number(),
    detectionCount: z.int(),
    missedCount: z.int().openapi({ description: "Frame sets since the last detection." }),
    model: z.string(),
    covarianceM2: z.array(z.number()).length(6).readonly().openapi({
      description: "Position covariance [ee, en, eu, nn, nu, uu] in square metres.",
    }),
    detection: z
      .object({
        positionM: enuSchema,
        distanceM: z.number(),
        squaredSigmas: z.number(),
        gate: z.number().openapi({ description: "Squared sigmas beyond which a detection belongs to no track." }),
        cameraCount: z.int(),
      })
      .nullable()
      .openapi({ description: "The detection it took in this frame set; null where it took none." }),
    cameras: z.array(verdictSchema).readonly(),
  })
  .openapi("TrackExplanation");

const placeSchema = z
  .object({
    positionM: enuSchema,
    timeS: z.number(),
    verdict: z
      .enum(["track", "tentative", "detection", "apart", "still", "unwatched", "outside"])
      .openapi({ description: "The first step from motion to a confirmed track that is missing there." }),
    summary,
    camerasNeeded,
    cameras: z.array(verdictSchema).readonly(),
    track: z
      .object({
        id: z.int(),
        state: z.enum(["tentative", "confirmed", "coasting"]),
        score: z.number(),
        distanceM: z.number(),
      })
      .nullable(),
    detection: z.object({ distanceM: z.number(), cameraCount: z.int() }).nullable(),
  })
  .openapi("PlaceExplanation");

const cameraSchema = z
  .object({
    id: z.string(),
    timeS: z.number(),
    summary,
    camerasNeeded,
    thingsMoving: z.int(),
    things: z
      .array(
        z.object({
          box: z.tuple([z.number(), z.number(), z.number(), z.number()]).readonly(),
          trackId: z.int().nullable(),
          camerasAgreeing: z.int().nullable(),
          positionM: enuSchema.nullable(),
          why: z.string(),
        }),
      )
      .readonly()
      .openapi({ description: "The largest of them." }),
  })
  .openapi("CameraExplanation");

const trackRoute = createRoute({
  method: "get",
  path: "/api/v1/tracks/{id}/explanation",
  tags: ["tracks"],
  summary: "Says why a track is a track",
  request: {
    params: z.strictObject({
      id: wholeNumber({ min: 0, max: 999_999_999_999_999 }).openapi({
        param: { name: "id", in: "path", required: true },
      }),
    }),
  },
  responses: {
    200: { description: "The explanation", content: { "application/json": { schema: trackSchema } } },
    ...problemResponses(403, 404, 422, 500),
  },
});

const coordinate = (name: string) =>
  decimalNumber({ min: -REACH_M_MAX, max: REACH_M_MAX }).openapi({ param: { description: `Metres ${name}.` } });

const placeRoute = createRoute({
  method: "get",
  path: "/api/v1/explanation",
  tags: ["tracks"],
  summary: "Says why there is no track at a place, or which one there is",
  request: { query: z.strictObject({ e: coordinate("east"), n: coordinate("north"), u: coordinate("up") }) },
  responses: {
    200: { description: "The explanation", content: { "application/json": { schema: placeSchema } } },
    ...problemResponses(403, 404, 422, 500),
  },
});

const cameraRoute = createRoute({
  method: "get",
  path: "/api/v1/cameras/{id}/explanation",
  tags: ["cameras"],
  summary: "Says of everything that moves in a camera's picture to which track it belongs, or why to none",
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
    200: { description: "The explanation", content: { "application/json": { schema: cameraSchema } } },
    ...problemResponses(403, 404, 422, 500),
  },
});

export const explanationRoutes = openRouter()
  .openapi(trackRoute, (c) => {
    const { id } = c.req.valid("param");
    const update = c.env.view.history(trackId(id))?.at(-1);
    if (update === undefined) {
      throw new HTTPException(404, { message: `Cannot explain track ${id}: it is not known any more or never was` });
    }
    const evidence = evidenceOf(c.env.view);
    const then = evidence.updates.find((candidate) => candidate.id === id);
    return c.json(explainTrack(evidence, then ?? update), 200);
  })
  .openapi(placeRoute, (c) => {
    const { e, n, u } = c.req.valid("query");
    return c.json(explainPlace(evidenceOf(c.env.view), [e, n, u]), 200);
  })
  .openapi(cameraRoute, (c) => {
    const { id } = c.req.valid("param");
    const explanation = explainCamera(evidenceOf(c.env.view), id);
    if (explanation !== null) return c.json(explanation, 200);
    const known = c.env.view.site.cameras.map((camera) => camera.id).join(", ");
    throw new HTTPException(404, { message: `Cannot explain camera "${id}": the site has none, need one of ${known}` });
  });

function evidenceOf(view: NodeView): Evidence {
  const evidence = view.evidence();
  if (evidence === null)
    throw new HTTPException(404, { message: "Cannot explain anything: no frame set has come yet" });
  return evidence;
}

/**
 * Tracks: all of the last frame set, and one with the updates the node still keeps of it.
 *
 * The list has the members of the stream's `tracks` message, so that a client reads both with one decoder; a track asked for alone has
 * the whole state covariance and may be deleted already.
 */
import { createRoute, z } from "@hono/zod-openapi";
import { secondsFromNs, type TrackUpdate, trackId } from "@skyvox/core";
import { HTTPException } from "hono/http-exception";
import { openRouter } from "./env.ts";
import { enuSchema } from "./geometry.ts";
import { problemResponses } from "./problem.ts";
import { wholeNumber, wordList } from "./query.ts";

const liveStates = ["tentative", "confirmed", "coasting"] as const;

/** A track of one frame set, as the stream tells it. */
export const trackSchema = z
  .object({
    id: z.int(),
    state: z.enum(liveStates),
    positionM: enuSchema,
    velocityMps: enuSchema,
    covarianceM2: z.array(z.number()).length(6).readonly().openapi({
      description: "Position covariance [ee, en, eu, nn, nu, uu] in square metres.",
    }),
    score: z.number().openapi({ description: "Log-likelihood ratio of target against clutter." }),
    ageS: z.number(),
    detectionCount: z.int(),
  })
  .openapi("Track");

const tracksSchema = z
  .object({
    timeS: z.number().nullable().openapi({ description: "Time of the last frame set; null before the first." }),
    tracks: z.array(trackSchema).readonly(),
  })
  .openapi("Tracks");

const updateSchema = z
  .object({
    timeS: z.number(),
    state: z.enum([...liveStates, "deleted"]),
    positionM: enuSchema,
    velocityMps: enuSchema,
    covariance: z.array(z.number()).length(36).readonly().openapi({
      description: "[6, 6] row-major over [e, n, u, ve, vn, vu], metres and metres per second.",
    }),
    score: z.number(),
    detectionCount: z.int(),
    missedCount: z.int(),
  })
  .openapi("TrackUpdate");

const trackHistorySchema = z
  .object({
    id: z.int(),
    firstTimeS: z.number().openapi({ description: "Time of the detection the track began with." }),
    latest: updateSchema,
    history: z.array(updateSchema).readonly().openapi({ description: "Updates still kept, oldest first." }),
  })
  .openapi("TrackHistory");

const listRoute = createRoute({
  method: "get",
  path: "/api/v1/tracks",
  tags: ["tracks"],
  summary: "Lists the tracks of the last frame set",
  request: { query: z.strictObject({ state: wordList(liveStates, "Only tracks in these states.") }) },
  responses: {
    200: { description: "The tracks", content: { "application/json": { schema: tracksSchema } } },
    ...problemResponses(403, 422, 500),
  },
});

const oneRoute = createRoute({
  method: "get",
  path: "/api/v1/tracks/{id}",
  tags: ["tracks"],
  summary: "Returns one track with the updates still kept of it",
  request: {
    params: z.strictObject({
      id: wholeNumber({ min: 0, max: 999_999_999_999_999 }).openapi({
        param: { name: "id", in: "path", required: true },
      }),
    }),
  },
  responses: {
    200: { description: "The track", content: { "application/json": { schema: trackHistorySchema } } },
    ...problemResponses(403, 404, 422, 500),
  },
});

export const trackRoutes = openRouter()
  .openapi(listRoute, (c) => {
    const message = c.env.view.tracks();
    const { state } = c.req.valid("query");
    const tracks = message?.tracks ?? [];
    const wanted = state === undefined ? tracks : tracks.filter((track) => state.includes(track.state));
    return c.json({ timeS: message?.timeS ?? null, tracks: wanted }, 200);
  })
  .openapi(oneRoute, (c) => {
    const { id } = c.req.valid("param");
    const updates = c.env.view.history(trackId(id));
    const last = updates?.at(-1);
    if (updates === null || last === undefined) {
      throw new HTTPException(404, { message: `Cannot find track ${id}: it is not known any more or never was` });
    }
    const history = updates.map(updateOf);
    return c.json({ id, firstTimeS: secondsFromNs(last.firstTimeNs), latest: updateOf(last), history }, 200);
  });

function updateOf(update: TrackUpdate): z.infer<typeof updateSchema> {
  return {
    timeS: secondsFromNs(update.timeNs),
    state: update.state,
    positionM: update.positionEnuM,
    velocityMps: update.velocityEnuMps,
    covariance: Array.from(update.covariance),
    score: update.score,
    detectionCount: update.detectionCount,
    missedCount: update.missedCount,
  };
}

import { createRoute, z } from "@hono/zod-openapi";
import { cameraSchema } from "./cameras.ts";
import { openRouter } from "./env.ts";
import { enuSchema } from "./geometry.ts";
import { problemResponses } from "./problem.ts";

const siteSchema = z
  .object({
    name: z.string(),
    origin: z
      .object({ latitudeDeg: z.number(), longitudeDeg: z.number(), heightM: z.number() })
      .nullable()
      .openapi({ description: "WGS-84 place of the point [0, 0, 0]; null where the site does not say." }),
    volume: z.object({ minM: enuSchema, maxM: enuSchema, voxelSizeM: z.union([z.number(), z.literal("auto")]) }),
    cameras: z.array(cameraSchema).readonly(),
    hasTruth: z.boolean().openapi({ description: "True where the scene is simulated." }),
  })
  .openapi("Site");

const siteRoute = createRoute({
  method: "get",
  path: "/api/v1/site",
  tags: ["site"],
  summary: "Returns the observed volume and the cameras around it",
  responses: {
    200: { description: "The site", content: { "application/json": { schema: siteSchema } } },
    ...problemResponses(403, 500),
  },
});

export const siteRoutes = openRouter().openapi(siteRoute, (c) => {
  const { site, hasTruth } = c.env.view.hello();
  return c.json({ ...site, origin: c.env.view.site.origin ?? null, hasTruth }, 200);
});

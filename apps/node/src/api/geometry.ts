import { z } from "@hono/zod-openapi";

/** A point or vector of the site's local east-north-up frame. */
export const enuSchema = z
  .tuple([z.number(), z.number(), z.number()])
  .readonly()
  .openapi("Enu", { description: "[east, north, up] in the site's local frame; the name of the field says the unit." });

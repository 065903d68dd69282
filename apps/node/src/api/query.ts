import { z } from "@hono/zod-openapi";

/** Reads a query parameter that lists words with commas between them, each one of `words`. */
export function wordList<const Words extends readonly [string, ...string[]]>(words: Words, description: string) {
  return z
    .string()
    .transform((text) => text.split(","))
    .pipe(z.array(z.enum(words)))
    .optional()
    .openapi({
      type: "array",
      items: { type: "string", enum: [...words] },
      param: { style: "form", explode: false, description },
    });
}

/** Reads a parameter that is a whole number from `min` to `max`, written in decimal digits only. */
export function wholeNumber(bounds: { readonly min: number; readonly max: number }) {
  return z
    .string()
    .regex(/^\d{1,15}$/, "Invalid input: expected decimal digits")
    .transform(Number)
    .pipe(z.int().min(bounds.min).max(bounds.max))
    .openapi({ type: "integer", minimum: bounds.min, maximum: bounds.max });
}

/** Reads a parameter that is a decimal number from `min` to `max`, such as `-12.5`. */
export function decimalNumber(bounds: { readonly min: number; readonly max: number }) {
  return z
    .string()
    .regex(/^-?\d{1,12}(\.\d{1,12})?$/, "Invalid input: expected a decimal number")
    .transform(Number)
    .pipe(z.number().min(bounds.min).max(bounds.max))
    .openapi({ type: "number", minimum: bounds.min, maximum: bounds.max });
}

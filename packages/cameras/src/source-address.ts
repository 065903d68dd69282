import { SkyvoxError } from "@skyvox/core";

/** The kinds of source a site can name. */
export type SourceScheme = "scene" | "images" | "video" | "labels";

const SCHEMES: readonly SourceScheme[] = ["scene", "images", "video", "labels"];

/** The forms a source may be written in, for messages. */
export const SOURCE_FORMS = '"scene:NAME", "images:FOLDER", "video:FILE" or "labels:FILE"';

/** Returns what stands before the colon, or null where it is no kind of source. */
export function sourceSchemeOf(source: string): SourceScheme | null {
  const scheme = source.slice(0, source.indexOf(":"));
  return SCHEMES.find((known) => known === scheme) ?? null;
}

/**
 * Splits a source into its scheme and what follows.
 *
 * @throws {SkyvoxError} "source" for an unknown scheme.
 */
export function parseSourceAddress(source: string): { readonly scheme: SourceScheme; readonly rest: string } {
  const scheme = sourceSchemeOf(source);
  if (scheme === null)
    throw new SkyvoxError("source", `Cannot open source "${source}": unknown kind, need ${SOURCE_FORMS}`);
  return { scheme, rest: source.slice(scheme.length + 1) };
}

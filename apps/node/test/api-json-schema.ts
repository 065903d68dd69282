/**
 * Checks a value against the part of JSON Schema 2020-12 that the API's document uses.
 *
 * Stricter than the standard in one way: a member the schema does not describe is a mismatch, so that an answer cannot say more than
 * the document does.
 */

/** The keywords the document uses. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema;
  readonly items?: Schema;
  readonly prefixItems?: readonly Schema[];
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly enum?: readonly unknown[];
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
}

/** Follows a reference such as `#/components/schemas/Track`. */
export function resolve(document: unknown, reference: string): Schema {
  let found: unknown = document;
  for (const key of reference.replace(/^#\//, "").split("/")) {
    const entry =
      typeof found === "object" && found !== null ? Object.entries(found).find(([name]) => name === key) : undefined;
    if (entry === undefined) throw new Error(`Cannot follow "${reference}": no "${key}"`);
    found = entry[1];
  }
  return found as Schema;
}

/** Lists where a value does not fit, as `path: why`. */
export function mismatches(document: unknown, schema: Schema, value: unknown): string[] {
  const flat = flatten(document, schema);
  if (flat.anyOf !== undefined) {
    const each = flat.anyOf.map((option) => mismatches(document, option, value));
    return each.some((list) => list.length === 0) ? [] : each.flat();
  }
  const types = flat.type === undefined ? [] : [flat.type].flat();
  if (types.length > 0 && !types.some((type) => isOf(type, value))) {
    return [`${JSON.stringify(value)} is no ${types.join(" or ")}`];
  }
  if (flat.enum !== undefined && !flat.enum.includes(value)) return [`${JSON.stringify(value)} is not listed`];
  if (Array.isArray(value)) return itemMismatches(document, flat, value);
  return typeof value === "object" && value !== null ? memberMismatches(document, flat, value) : [];
}

/** Resolves references and joins `allOf` into one schema. */
function flatten(document: unknown, schema: Schema): Schema {
  if (schema.$ref !== undefined) return flatten(document, resolve(document, schema.$ref));
  const parts = (schema.allOf ?? []).map((part) => flatten(document, part));
  if (parts.length === 0) return schema;
  return {
    ...Object.assign({}, ...parts),
    properties: Object.assign({}, ...parts.map((part) => part.properties)),
    required: parts.flatMap((part) => part.required ?? []),
  };
}

function isOf(type: string, value: unknown): boolean {
  if (type === "null") return value === null;
  if (type === "array") return Array.isArray(value);
  if (type === "integer") return Number.isInteger(value);
  if (type === "object") return typeof value === "object" && value !== null && !Array.isArray(value);
  return typeof value === type;
}

function itemMismatches(document: unknown, schema: Schema, items: readonly unknown[]): string[] {
  const { prefixItems } = schema;
  const [min, max] = [prefixItems?.length ?? schema.minItems ?? 0, prefixItems?.length ?? schema.maxItems ?? Infinity];
  if (items.length < min || items.length > max) return [`${items.length} items, need ${min} to ${max}`];
  return items.flatMap((item, i) =>
    within(String(i), mismatches(document, prefixItems?.[i] ?? schema.items ?? {}, item)),
  );
}

function memberMismatches(document: unknown, schema: Schema, value: object): string[] {
  const members = Object.entries(value);
  const missing = (schema.required ?? []).filter((name) => !(name in value)).map((name) => `${name}: missing`);
  const wrong = members.flatMap(([name, member]) => {
    const described = schema.properties?.[name] ?? schema.additionalProperties;
    return described === undefined ? [`${name}: not described`] : within(name, mismatches(document, described, member));
  });
  return [...missing, ...wrong];
}

function within(name: string, found: readonly string[]): string[] {
  return found.map((text) => (text.includes(": ") ? `${name}.${text}` : `${name}: ${text}`));
}

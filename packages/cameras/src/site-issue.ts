/**
 * Says in one phrase what is wrong with a site: the key, what was found there and what is needed.
 *
 * What is needed is read from the JSON Schema at the same place, so the text always agrees with the published schema.
 */
import type { z } from "zod";
import { nearestWord } from "./nearest-word.ts";

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** The parts of a JSON Schema node that a need is worded from. */
interface SchemaNode {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode | false;
  readonly prefixItems?: readonly SchemaNode[];
  readonly anyOf?: readonly SchemaNode[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
  readonly required?: readonly string[];
}

const FOUND_CHARACTERS_MAX = 60;

/** Words a zod issue as `path is found, need wanted`. */
export function describeSiteIssue(issue: Issue, json: unknown, schema: object): string {
  const { path, leaf } = innermost(issue, []);
  if (leaf.code === "unrecognized_keys") {
    const key = leaf.keys[0] ?? "";
    const known = nodesAt(schema, path).flatMap((node) => Object.keys(node.properties ?? {}));
    const nearest = nearestWord(key, known);
    const need = nearest === null ? `one of ${known.map((name) => `"${name}"`).join(", ")}` : `"${nearest}"`;
    return `${pathText([...path, key])} is not a known key, need ${need}`;
  }
  const need = leaf.code === "custom" ? leaf.message : needOf(nodesAt(schema, path));
  return `${pathText(path)} is ${foundText(valueAt(json, path))}, need ${need}`;
}

/** Follows a union's issue into the one branch the author meant, if one stands out. */
function innermost(issue: Issue, above: Path): { readonly path: Path; readonly leaf: Issue } {
  const path = [...above, ...issue.path];
  if (issue.code !== "invalid_union") return { path, leaf: issue };
  const ordered = issue.errors.toSorted((a, b) => a.length - b.length);
  const [best, second] = ordered;
  const leaf = best?.[0];
  const standsOut = leaf !== undefined && leaf.path.length > 0 && best?.length !== second?.length;
  return standsOut ? innermost(leaf, path) : { path, leaf: issue };
}

function nodesAt(schema: SchemaNode, path: Path): SchemaNode[] {
  let nodes = alternatives(schema);
  for (const step of path) {
    nodes = nodes.flatMap((node) => {
      const child =
        typeof step === "number" ? (node.prefixItems?.[step] ?? node.items) : node.properties?.[String(step)];
      return child ? alternatives(child) : [];
    });
  }
  return nodes;
}

function alternatives(node: SchemaNode): SchemaNode[] {
  return node.anyOf === undefined ? [node] : node.anyOf.flatMap(alternatives);
}

function needOf(nodes: readonly SchemaNode[]): string {
  return nodes.length === 0 ? "something else" : nodes.map(wantedText).join(" or ");
}

function wantedText(node: SchemaNode): string {
  if (node.const !== undefined) return JSON.stringify(node.const);
  if (node.enum !== undefined) return `one of ${node.enum.map((value) => JSON.stringify(value)).join(", ")}`;
  if (node.type === "number") return `a number${rangeText(node)}`;
  if (node.type === "integer") return `an integer${rangeText(node)}`;
  if (node.type === "array") return arrayText(node);
  if (node.type === "object" && node.required !== undefined) {
    return `an object with ${node.required.map((key) => `"${key}"`).join(", ")}`;
  }
  if (node.type === "string") return node.pattern === undefined ? "a text" : `a text like ${node.pattern}`;
  return `an ${node.type ?? "object"}`;
}

function rangeText({ minimum, maximum, exclusiveMinimum }: SchemaNode): string {
  // zod writes the safe integers as bounds of every integer; they say nothing to a reader.
  const high = maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum;
  const low = minimum === Number.MIN_SAFE_INTEGER ? undefined : minimum;
  if (exclusiveMinimum !== undefined)
    return ` > ${exclusiveMinimum}${high === undefined ? "" : ` and at most ${high}`}`;
  if (low !== undefined && high !== undefined) return ` from ${low} to ${high}`;
  if (low !== undefined) return ` of at least ${low}`;
  return high === undefined ? "" : ` of at most ${high}`;
}

function arrayText({ prefixItems, items, minItems, maxItems }: SchemaNode): string {
  if (prefixItems !== undefined) return `an array of ${prefixItems.length} numbers`;
  const of = items && items.type === "object" ? "objects" : "values";
  return minItems === undefined || maxItems === undefined
    ? `an array of ${of}`
    : `an array of ${minItems} to ${maxItems} ${of}`;
}

function pathText(path: Path): string {
  if (path.length === 0) return "the file's content";
  return path
    .map((step, depth) => (typeof step === "number" ? `[${step}]` : `${depth === 0 ? "" : "."}${String(step)}`))
    .join("");
}

function valueAt(json: unknown, path: Path): unknown {
  let value = json;
  for (const step of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = Reflect.get(value, step);
  }
  return value;
}

function foundText(value: unknown): string {
  if (value === undefined) return "missing";
  // JSON has no word for these and would print null.
  if (typeof value === "number") return String(value);
  const text = JSON.stringify(value) ?? typeof value;
  return text.length <= FOUND_CHARACTERS_MAX ? text : `${text.slice(0, FOUND_CHARACTERS_MAX)}…`;
}

import { afterAll, describe, expect, test } from "bun:test";
import { version } from "../package.json";
import { openApiDocument } from "../src/api/openapi.ts";
import { mismatches, resolve, type Schema } from "./api-json-schema.ts";
import { plainView, serve } from "./api-view.ts";

interface Operation {
  readonly summary?: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required?: boolean }[];
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: Schema }>> }>
  >;
}

/** The document as a client reads it: plain JSON. */
const document: { openapi: string; paths: Record<string, Record<string, Operation>> } = JSON.parse(
  JSON.stringify(openApiDocument(version)),
);
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);

/** The orders that a cluster takes; everything else only reads. */
const changes = new Map([
  ["/api/v1/nodes/{id}/{order}", new Set(["post"])],
  ["/api/v1/allocation/what-if", new Set(["post"])],
  ["/api/v1/scheduler", new Set(["put"])],
]);

const api = serve();
afterAll(() => api[Symbol.asyncDispose]());

describe("The OpenAPI document", () => {
  test("The committed openapi.json is the one the routes make", async () => {
    const committed = await Bun.file(new URL("../openapi.json", import.meta.url)).json();
    const same = Bun.deepEquals(committed, document);
    expect(same ? "same" : "differs: run `bun run apps/node/src/api/openapi.ts`").toBe("same");
  });

  test("The node serves it", async () => {
    expect(await (await fetch(`${api.url}/openapi.json`)).json()).toEqual(document);
    expect(document.openapi).toBe("3.1.0");
  });

  test("Every reference in it leads somewhere inside it", () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(
      ([, reference = ""]) => reference,
    );
    expect(references.length).toBeGreaterThan(20);
    for (const reference of references) expect(() => resolve(document, reference)).not.toThrow();
  });

  test("Every operation says what it does, what it answers and how it fails", () => {
    expect(operations.length).toBe(32);
    for (const { path, method, operation } of operations) {
      const codes = Object.keys(operation.responses);
      expect([path, method]).toEqual([path, changes.get(path)?.has(method) ? method : "get"]);
      expect([path, operation.summary?.length ?? 0]).not.toEqual([path, 0]);
      // The stream answers by switching protocols.
      expect([path, codes.some((code) => code.startsWith("2") || code === "101")]).toEqual([path, true]);
      for (const code of codes.filter((code) => code >= "400")) {
        expect([path, code, Object.keys(operation.responses[code]?.content ?? {})]).toEqual([
          path,
          code,
          ["application/problem+json"],
        ]);
      }
      expect([path, codes.includes("500")]).toEqual([path, true]);
    }
  });

  test("Every parameter of a path is described and required", () => {
    for (const { path, operation } of operations) {
      const inPath = [...path.matchAll(/{(\w+)}/g)].map(([, name = ""]) => name);
      const described = operation.parameters?.filter(
        (parameter) => parameter.in === "path" && parameter.required === true,
      );
      expect([path, described?.map(({ name }) => name) ?? []]).toEqual([path, inPath]);
    }
  });
});

describe("Answers", () => {
  const asked: readonly { path: string; status: number; at?: string }[] = [
    { path: "/healthz", status: 200 },
    { path: "/readyz", status: 200 },
    { path: "/version", status: 200 },
    { path: "/api/v1/site", status: 200 },
    { path: "/api/v1/cameras", status: 200 },
    { path: "/api/v1/cameras/{id}", status: 200, at: "/api/v1/cameras/north" },
    { path: "/api/v1/cameras/{id}", status: 404, at: "/api/v1/cameras/none" },
    { path: "/api/v1/tracks", status: 200 },
    { path: "/api/v1/tracks", status: 422, at: "/api/v1/tracks?state=lost" },
    { path: "/api/v1/tracks/{id}", status: 200, at: "/api/v1/tracks/7" },
    { path: "/api/v1/voxels/summary", status: 200 },
    { path: "/api/v1/voxels", status: 200 },
    { path: "/api/v1/pipeline/stats", status: 200 },
    { path: "/api/v1/backends", status: 200 },
    { path: "/api/v1/stream", status: 426 },
    { path: "/api/v1/cluster", status: 200 },
    { path: "/api/v1/nodes", status: 200 },
    { path: "/api/v1/workers", status: 200 },
    { path: "/api/v1/topology", status: 200 },
    { path: "/api/v1/allocation", status: 200 },
    { path: "/api/v1/tasks", status: 200 },
    { path: "/api/v1/tasks/{id}", status: 200, at: "/api/v1/tasks/set-9" },
    { path: "/api/v1/tasks/{id}", status: 404, at: "/api/v1/tasks/set-0" },
    { path: "/api/v1/scheduler", status: 200 },
  ];

  const asks: readonly { path: string; method: string; status: number; at?: string; body?: object }[] = [
    { path: "/api/v1/nodes/{id}/{order}", method: "post", status: 202, at: "/api/v1/nodes/node-b/drain" },
    { path: "/api/v1/nodes/{id}/{order}", method: "post", status: 404, at: "/api/v1/nodes/node-c/cordon" },
    { path: "/api/v1/nodes/{id}/{order}", method: "post", status: 422, at: "/api/v1/nodes/node-b/stop" },
    { path: "/api/v1/allocation/what-if", method: "post", status: 200, body: { nodesGone: ["node-b"] } },
    { path: "/api/v1/allocation/what-if", method: "post", status: 409, body: {} },
    { path: "/api/v1/allocation/what-if", method: "post", status: 422, body: { nodes: [] } },
    { path: "/api/v1/scheduler", method: "put", status: 200, body: { policy: "round-robin" } },
    { path: "/api/v1/scheduler", method: "put", status: 422, body: { policy: "best" } },
  ];

  test.each(asks)("The answer to $method $path with status $status is what the document says", async (asked) => {
    const { path, method, status, at = path, body } = asked;
    const init =
      body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
    const response = await fetch(api.url + at, { method: method.toUpperCase(), ...init });
    expect([path, response.status]).toEqual([path, status]);
    const type = response.headers.get("content-type") ?? "";
    const schema = document.paths[path]?.[method]?.responses[status]?.content?.[type]?.schema;
    expect([path, type, schema === undefined]).toEqual([path, type, false]);
    expect(mismatches(document, schema ?? {}, await response.json())).toEqual([]);
  });

  async function check(url: string, path: string, status: number): Promise<void> {
    const response = await fetch(url);
    expect([path, response.status]).toEqual([path, status]);
    const type = response.headers.get("content-type") ?? "";
    const schema = document.paths[path]?.get?.responses[status]?.content?.[type]?.schema;
    expect([path, type, schema === undefined]).toEqual([path, type, false]);
    expect(mismatches(document, schema ?? {}, await response.json())).toEqual([]);
  }

  test.each(asked)(
    "The answer of $path with status $status is what the document says",
    async ({ path, status, at }) => {
      await check(api.url + (at ?? path), path, status);
    },
  );

  test("Answers before the first frame, and of a node that is not ready, are too", async () => {
    const checks = [{ name: "worker", ok: false, detail: "starts" }];
    await using other = serve(plainView({ tracks: () => null, cameras: () => null, checks: () => checks }));
    await check(`${other.url}/api/v1/tracks`, "/api/v1/tracks", 200);
    await check(`${other.url}/api/v1/cameras`, "/api/v1/cameras", 200);
    await check(`${other.url}/api/v1/pipeline/stats`, "/api/v1/pipeline/stats", 200);
    await check(`${other.url}/readyz`, "/readyz", 503);
  });

  test("The checker itself finds what does not fit", () => {
    const schema = { type: "object", properties: { a: { type: "integer" } }, required: ["a"] };
    expect(mismatches(document, schema, { a: 1.5 })).toEqual(["a: 1.5 is no integer"]);
    expect(mismatches(document, schema, {})).toEqual(["a: missing"]);
    expect(mismatches(document, schema, { a: 1, b: 2 })).toEqual(["b: not described"]);
    expect(mismatches(document, { $ref: "#/components/schemas/Enu" }, [1, 2, null])).toEqual(["2: null is no number"]);
  });
});

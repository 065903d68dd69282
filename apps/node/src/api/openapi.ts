/** The API's document, made from the schemas that check its requests and type its answers. Run as a program it writes `openapi.json`. */
import { fileURLToPath } from "node:url";
import packageJson from "../../package.json";
import { app } from "./app.ts";

/** An OpenAPI 3.1 document. */
export type OpenApiDocument = ReturnType<typeof app.getOpenAPI31Document>;

/** Describes the API in OpenAPI 3.1. */
export function openApiDocument(version: string): OpenApiDocument {
  return app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "Skyvox node",
      version,
      description:
        "Positions are [east, north, up] in metres in the site's local frame, times are seconds on the site's time line. " +
        "Every error is application/problem+json (RFC 9457). The API reads; the cluster takes a few orders.",
      license: { name: "Apache-2.0", url: "https://www.apache.org/licenses/LICENSE-2.0" },
    },
  });
}

if (import.meta.main) {
  const path = fileURLToPath(new URL("../../openapi.json", import.meta.url));
  await Bun.write(path, `${JSON.stringify(openApiDocument(packageJson.version), null, 2)}\n`);
}

/** `/docs`: the API as a page, drawn by Swagger UI from files of this node; no script stands in the page itself. */

import iconPath from "swagger-ui-dist/favicon-32x32.png" with { type: "file" };
import stylePath from "swagger-ui-dist/swagger-ui.css" with { type: "file" };
import bundlePath from "swagger-ui-dist/swagger-ui-bundle.js" with { type: "file" };
import { openRouter } from "./env.ts";

const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Skyvox API</title>
    <link rel="icon" href="/docs/icon.png">
    <link rel="stylesheet" href="/docs/swagger-ui.css">
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;

// Without "validatorUrl: null" the page would offer its document to a service of the maker's.
const start = `SwaggerUIBundle({ url: "/openapi.json", dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null });\n`;

const cached = { "cache-control": "public, max-age=3600" };
const script = { "content-type": "text/javascript; charset=utf-8", ...cached };

const docsApp = openRouter();
docsApp.get("/docs", (c) => c.html(page));
docsApp.get("/docs/start.js", (c) => c.body(start, 200, script));
docsApp.get("/docs/swagger-ui-bundle.js", () => new Response(Bun.file(bundlePath), { headers: script }));
docsApp.get(
  "/docs/swagger-ui.css",
  () => new Response(Bun.file(stylePath), { headers: { "content-type": "text/css; charset=utf-8", ...cached } }),
);
docsApp.get(
  "/docs/icon.png",
  () => new Response(Bun.file(iconPath), { headers: { "content-type": "image/png", ...cached } }),
);

export const docsRoutes = docsApp;

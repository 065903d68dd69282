import { afterAll, describe, expect, spyOn, test } from "bun:test";
import { connect } from "node:net";
import { SkyvoxError } from "@skyvox/core";
import { serveApi } from "../src/api/serve.ts";
import { assets, pageText, plainView, serve } from "./api-view.ts";

const api = serve();
afterAll(() => api[Symbol.asyncDispose]());

/** Sends bytes as they are and returns everything answered until the server closes. */
async function exchange(port: number, request: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect(port, "127.0.0.1");
  let answered = "";
  socket.on("data", (data) => {
    answered += data.toString("latin1");
  });
  socket.on("close", () => resolve(answered));
  socket.on("error", reject);
  socket.write(request.replaceAll("\n", "\r\n"));
  return await promise;
}

const statusFor = async (host: string) => {
  const answered = await exchange(api.port, `GET /healthz HTTP/1.1\n${host}Connection: close\n\n`);
  return Number(answered.slice(9, 12));
};

describe("Host and headers", () => {
  test.each(["localhost", "LOCALHOST:8080", "127.0.0.1", "127.0.0.1:1", "[::1]:8080"])(
    "A request for host %p is answered",
    async (host) => {
      expect(await statusFor(`Host: ${host}\n`)).toBe(200);
    },
  );

  test.each([
    "evil.example",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "localhost.",
    "user@localhost",
    "192.168.1.7",
  ])("A request for host %p is refused (DNS rebinding)", async (host) => {
    expect(await statusFor(`Host: ${host}\n`)).toBe(403);
  });

  test("A request without a host is refused", async () => {
    const answered = await exchange(api.port, "GET /healthz HTTP/1.0\n\n");
    expect(answered).toStartWith("HTTP/1.1 403 ");
    expect(answered).toContain("application/problem+json");
  });

  test("A server bound to another name answers to it and still not to a third", async () => {
    await using other = serveApi({ view: plainView(), assets, port: 0, hostname: "127.0.0.2" });
    const ask = async (host: string) => (await fetch(`${other.url}/healthz`, { headers: { host } })).status;
    expect(await ask("127.0.0.2")).toBe(200);
    expect(await ask("127.0.0.3")).toBe(403);
  });

  test.each(["/", "/healthz", "/docs", "/docs/start.js", "/metrics", "/none", "/api/v1/tracks?x=1"])(
    "Every answer carries the security headers: %p",
    async (path) => {
      const { headers } = await fetch(api.url + path, { headers: { origin: "http://evil.example" } });
      const host = `127.0.0.1:${api.port}`;
      const policy = headers.get("content-security-policy")?.split("; ");
      expect(policy).toContain("default-src 'self'");
      expect(policy).toContain(`connect-src 'self' ws://${host} wss://${host}`);
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy?.join()).not.toContain("unsafe");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("x-frame-options")).toBe("DENY");
      expect(headers.get("referrer-policy")).toBe("no-referrer");
      expect(headers.get("cross-origin-resource-policy")).toBe("same-origin");
      expect(headers.has("access-control-allow-origin")).toBe(false);
    },
  );

  test("A preflight of another origin is not granted", async () => {
    const response = await fetch(`${api.url}/api/v1/tracks`, {
      method: "OPTIONS",
      headers: { origin: "http://evil.example", "access-control-request-method": "GET" },
    });
    expect(response.status).toBe(405);
    expect(response.headers.has("access-control-allow-origin")).toBe(false);
  });
});

describe("Problems", () => {
  test("A path that is not there is a 404 problem", async () => {
    const response = await fetch(`${api.url}/api/v2/none`);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(await response.json()).toEqual({
      type: "about:blank",
      title: "Not Found",
      status: 404,
      detail: 'Cannot find "/api/v2/none", need a path of /openapi.json',
      instance: "/api/v2/none",
    });
  });

  test.each(["/api/v1/tracks", "/api/v1/tracks/7", "/healthz", "/", "/docs", "/openapi.json"])(
    "Another method than GET on %p is a 405 problem that says what is allowed",
    async (path) => {
      const response = await fetch(api.url + path, { method: "DELETE" });
      expect(response.status).toBe(405);
      expect(response.headers.get("allow")).toBe("GET, HEAD");
      expect(response.headers.get("content-type")).toBe("application/problem+json");
      expect(await response.json()).toMatchObject({ title: "Method Not Allowed", instance: path });
    },
  );

  test("HEAD answers like GET without a body", async () => {
    const response = await fetch(`${api.url}/healthz`, { method: "HEAD" });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe("");
  });

  test("A body past 1 MB is a 413 problem, with its length told and in chunks", async () => {
    const large = new Uint8Array(1_000_001);
    const chunks = new ReadableStream({
      start(controller) {
        controller.enqueue(large.subarray(0, 600_000));
        controller.enqueue(large.subarray(600_000));
        controller.close();
      },
    });
    for (const body of [large, new Uint8Array(5_000_000), chunks]) {
      const response = await fetch(`${api.url}/api/v1/tracks`, { method: "POST", body });
      expect(response.status).toBe(413);
      expect(await response.json()).toMatchObject({ title: "Payload Too Large", status: 413 });
    }
    const fits = await fetch(`${api.url}/api/v1/tracks`, { method: "POST", body: large.subarray(1) });
    expect(fits.status).toBe(405);
  });

  test("What breaks inside is a 500 problem without its text, which is printed instead", async () => {
    const printed = spyOn(console, "error").mockImplementation(() => undefined);
    const broken = () => {
      throw new Error("secret path /srv/keys");
    };
    await using other = serve(plainView({ tracks: broken, snapshot: async () => broken() }));
    for (const path of ["/api/v1/tracks", "/api/v1/cameras/north/snapshot.png"]) {
      const response = await fetch(other.url + path);
      expect(response.status).toBe(500);
      const text = await response.text();
      expect(JSON.parse(text)).toMatchObject({ title: "Internal Server Error", instance: path });
      expect(text).not.toMatch(/secret|stack|\.ts/);
      expect(printed).toHaveBeenLastCalledWith(`Cannot answer GET ${path}: secret path /srv/keys`);
    }
    printed.mockRestore();
  });
});

describe("Dashboard and docs", () => {
  const ask = (path: string, headers: Record<string, string> = {}) =>
    fetch(api.url + path, { headers: { "accept-encoding": "identity", ...headers }, decompress: false });

  test("The page is sent as it is, or gzipped to a client that takes it", async () => {
    const plain = await ask("/");
    expect(plain.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(plain.headers.get("content-encoding")).toBe(null);
    expect(plain.headers.get("vary")).toBe("accept-encoding");
    expect(await plain.text()).toBe(pageText);
    const zipped = await ask("/", { "accept-encoding": "br, gzip;q=0.8" });
    expect(zipped.headers.get("content-encoding")).toBe("gzip");
    expect(new TextDecoder().decode(Bun.gunzipSync(await zipped.bytes()))).toBe(pageText);
    expect((await ask("/", { "accept-encoding": "gzip;q=0, *;q=0" })).headers.get("content-encoding")).toBe(null);
  });

  test("Each encoding has its own ETag and is not sent again to a client that has it", async () => {
    for (const [encoding, etag] of [
      ["identity", '"page1"'],
      ["gzip", '"page1-gzip"'],
    ] as const) {
      const headers = { "accept-encoding": encoding };
      expect((await ask("/", headers)).headers.get("etag")).toBe(etag);
      for (const known of [etag, `"old", W/${etag}`, "*"]) {
        const again = await ask("/", { ...headers, "if-none-match": known });
        expect(again.status).toBe(304);
        expect(again.headers.get("etag")).toBe(etag);
        expect(await again.text()).toBe("");
      }
      expect((await ask("/", { ...headers, "if-none-match": '"old"' })).status).toBe(200);
    }
  });

  test("A file with a hash in its name is kept for good, the page is asked for again", async () => {
    expect((await ask("/")).headers.get("cache-control")).toBe("no-cache");
    const hashed = await ask("/assets/main-1a2b3c4d.js", { "accept-encoding": "gzip" });
    expect(hashed.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    // Ten bytes do not get shorter by gzip, so they stay as they are.
    expect(hashed.headers.get("content-encoding")).toBe(null);
    expect(await hashed.text()).toBe("export {};");
  });

  test("The docs page holds no script of its own and asks nobody else", async () => {
    const page = await (await ask("/docs")).text();
    expect(page).not.toMatch(/https?:|<style|style=|\son\w+=/);
    expect(page.match(/<script[^>]*>[^<]*/g)).toEqual([
      '<script src="/docs/swagger-ui-bundle.js">',
      '<script src="/docs/start.js">',
    ]);
    for (const [, path] of page.matchAll(/(?:src|href)="([^"]+)"/g)) {
      const response = await ask(path ?? "");
      expect(response.status).toBe(200);
      expect((await response.bytes()).length).toBeGreaterThan(50);
    }
    expect(await (await ask("/docs/start.js")).text()).toContain("validatorUrl: null");
  });
});

describe("Listening", () => {
  test("A taken port is an error that says what to do", () => {
    const again = () => serveApi({ view: plainView(), assets, port: api.port, hostname: "127.0.0.1" });
    expect(again).toThrow(SkyvoxError);
    expect(again).toThrow(
      `Cannot listen on 127.0.0.1:${api.port}: the port is taken, need a free one (--port N, or 0 for any)`,
    );
  });

  test("An address of another machine is an error", () => {
    // 192.0.2.0/24 is for documentation (RFC 5737): no machine has it.
    const elsewhere = () => serveApi({ view: plainView(), assets, port: 0, hostname: "192.0.2.1" });
    expect(elsewhere).toThrow("Cannot listen on 192.0.2.1:0: ");
  });

  test("A disposed server is gone, and its port is free again", async () => {
    const first = serve();
    await first[Symbol.asyncDispose]();
    expect(fetch(`${first.url}/healthz`)).rejects.toThrow();
    await using second = serveApi({ view: plainView(), assets, port: first.port, hostname: "127.0.0.1" });
    expect((await fetch(`${second.url}/healthz`)).status).toBe(200);
  });
});

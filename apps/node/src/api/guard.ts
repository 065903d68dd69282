/**
 * Who may talk to the node, and what a page it serves may do.
 *
 * A page of another site can make a browser send requests to 127.0.0.1. Its answers stay unreadable (no CORS header is ever sent, and
 * `Cross-Origin-Resource-Policy` keeps pictures from being embedded), except in two ways closed here: a name that is rebound to 127.0.0.1
 * (the `Host` header must be one of ours) and WebSockets, which know no CORS (the `Origin`, where there is one, must be this server).
 */
import type { MiddlewareHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import type { ApiEnv } from "./env.ts";

const HOST_PATTERN = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/i;

/** Lists the host names under which a server bound to `hostname` may be asked, in lower case, IPv6 addresses in brackets. */
export function hostsOf(hostname: string): ReadonlySet<string> {
  const bound = hostname.includes(":") ? `[${hostname}]` : hostname;
  return new Set(["localhost", "127.0.0.1", "[::1]", bound.toLowerCase()]);
}

/** Refuses a request whose `Host` is not one of this server's names (DNS rebinding). */
export const checkHost: MiddlewareHandler<ApiEnv> = async (c, next) => {
  const host = c.req.header("host") ?? "";
  const name = HOST_PATTERN.exec(host)?.[1]?.toLowerCase();
  if (name === undefined || !c.env.hosts.has(name)) {
    throw new HTTPException(403, {
      message: `Cannot answer for host "${host}": need one of ${[...c.env.hosts].join(", ")}`,
    });
  }
  await next();
  c.res.headers.set("content-security-policy", contentSecurityPolicy(host));
};

/** Refuses a WebSocket asked for by a page of another origin; a client that is no browser sends none. */
export const checkOrigin: MiddlewareHandler<ApiEnv> = async (c, next) => {
  const origin = c.req.header("origin");
  if (origin !== undefined && origin.replace(/^https?:\/\//, "") !== c.req.header("host")) {
    throw new HTTPException(403, { message: `Cannot open the stream for origin "${origin}": need this server's own` });
  }
  await next();
};

/** Refuses a change asked for by a page of another origin: a browser would send it along without asking this server first. */
export const checkChange: MiddlewareHandler<ApiEnv> = async (c, next) => {
  const origin = c.req.header("origin");
  if (origin !== undefined && origin.replace(/^https?:\/\//, "") !== c.req.header("host")) {
    throw new HTTPException(403, { message: `Cannot change anything for origin "${origin}": need this server's own` });
  }
  await next();
};

/** Sets the headers every answer carries. */
export const setSecurityHeaders: MiddlewareHandler<ApiEnv> = async (c, next) => {
  await next();
  for (const [name, value] of securityHeaders) c.res.headers.set(name, value);
};

const securityHeaders = [
  ["x-content-type-options", "nosniff"],
  ["x-frame-options", "DENY"],
  ["referrer-policy", "no-referrer"],
  ["cross-origin-opener-policy", "same-origin"],
  ["cross-origin-resource-policy", "same-origin"],
  ["permissions-policy", "camera=(), microphone=(), geolocation=()"],
] as const;

/** Allows the page this server's own files and stream; `data:` pictures are the icons in the style sheet of `/docs`. */
function contentSecurityPolicy(host: string): string {
  return [
    "default-src 'self'",
    `connect-src 'self' ws://${host} wss://${host}`,
    "img-src 'self' data:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}

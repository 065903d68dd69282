/**
 * Which nodes make an engine of three: those that offer a server, as the beacon tells of them.
 *
 * All three must be known before the first server starts: a server learns from its list of routes how many make a majority. Every node
 * comes to the same three without asking: the first by name.
 */
import { createServer } from "node:net";
import { assert } from "@skyvox/core";
import type { Announcement } from "./beacon-codec.ts";
import type { EnginePeering } from "./nats-server-config.ts";

/** Servers of an engine that outlives one of them: the smallest number with a majority after a loss. */
export const ENGINE_SERVERS = 3;

/** A node that offers a server. */
export interface EngineOffer {
  readonly nodeId: string;
  /** Where its server listens for the others, `host:port`. */
  readonly engineRoute: string;
}

/**
 * Says with whom this node makes an engine.
 *
 * @returns null while fewer than three nodes offer a server, "spare" where three others make it.
 */
export function planEngine(
  self: EngineOffer,
  { clusterId, found }: { readonly clusterId: string; readonly found: readonly Announcement[] },
): EnginePeering | "spare" | null {
  const offers = new Map([[self.nodeId, self]]);
  for (const { nodeId, engineRoute } of found) {
    if (engineRoute !== undefined && nodeId !== self.nodeId) offers.set(nodeId, { nodeId, engineRoute });
  }
  const chosen = [...offers.values()].sort((a, b) => (a.nodeId < b.nodeId ? -1 : 1)).slice(0, ENGINE_SERVERS);
  if (chosen.length < ENGINE_SERVERS) return null;
  if (!chosen.includes(self)) return "spare";
  const routes = chosen.map(({ engineRoute }) => engineRoute);
  return { serverName: self.nodeId, engineName: clusterId, listen: self.engineRoute, routes };
}

/** Finds a free port on an address, to be announced as a route before the server that listens on it is started. */
export async function reserveRoute(host: string): Promise<string> {
  const server = createServer();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen(0, host, resolve);
  await promise;
  const address = server.address();
  assert(typeof address === "object" && address !== null, "a server that listens has an address");
  await new Promise((closed) => server.close(closed));
  return `${host}:${address.port}`;
}

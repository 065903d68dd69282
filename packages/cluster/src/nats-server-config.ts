/**
 * The configuration of an engine's server: where it listens, whom it lets in, what it keeps.
 *
 * It lists public keys of users only. Servers of one engine know each other by a password, as NATS offers nothing better there; that is
 * why the file is for its owner alone.
 */
import { assert } from "@skyvox/core";
import { type EngineTls, engineCredentials, publicKeyOf, routePassword } from "./engine-keys.ts";

/** Largest message an engine carries. */
export const PAYLOAD_BYTES_MAX = 1_048_576;

/** What makes a server one of several that are one engine. */
export interface EnginePeering {
  /** Name of this server within the engine, the same after a restart. */
  readonly serverName: string;
  /** Name of the engine, the same at all servers. */
  readonly engineName: string;
  /** Where the other servers reach this one, `host:port`. */
  readonly listen: string;
  /** Where all servers of the engine listen for each other, this one among them. */
  readonly routes: readonly string[];
}

/** What a server is told. */
export interface NatsServerSettings {
  /** Where its files go. */
  readonly folder: string;
  /** Address to listen on. */
  readonly host: string;
  /** Null for one that the system draws. */
  readonly port: number | null;
  readonly secret: Uint8Array;
  readonly tls: EngineTls | null;
  /** Null for an engine of one server. */
  readonly peering: EnginePeering | null;
}

/** Writes the configuration. */
export function natsServerConfig({ folder, host, port, secret, tls, peering }: NatsServerSettings): string {
  const { userSeed, systemSeed } = engineCredentials("", secret);
  assert(systemSeed !== null, "an engine has a system account");
  const user = (seed: string) => `users: [{ nkey: ${publicKeyOf(seed)} }]`;
  return `listen: ${quoted(`${host}:${port ?? -1}`)}
ports_file_dir: ${quoted(folder)}
jetstream { store_dir: ${quoted(`${folder}/store`)}, max_memory_store: 64MB, max_file_store: 64MB }
accounts { SYS { ${user(systemSeed)} }, APP { jetstream: enabled, ${user(userSeed)} } }
system_account: SYS
ping_interval: "1s"
ping_max: 5
max_payload: ${PAYLOAD_BYTES_MAX}
${tlsBlock(tls)}${peering === null ? "" : clusterBlock(peering, secret, tls)}`;
}

function tlsBlock(tls: EngineTls | null): string {
  if (tls === null) return "";
  const authority = tls.caFile === null ? "" : `, ca_file: ${quoted(tls.caFile)}`;
  return `tls { cert_file: ${quoted(tls.certFile)}, key_file: ${quoted(tls.keyFile)}${authority}, timeout: 2 }\n`;
}

function clusterBlock(
  { serverName, engineName, listen, routes }: EnginePeering,
  secret: Uint8Array,
  tls: EngineTls | null,
): string {
  const password = routePassword(secret);
  const addresses = routes.map((route) => quoted(`nats-route://route:${password}@${route}`)).join(", ");
  return `server_name: ${quoted(serverName)}
cluster {
  name: ${quoted(engineName)}
  listen: ${quoted(listen)}
  authorization { user: route, password: ${quoted(password)}, timeout: 2 }
  routes: [${addresses}]
  connect_retries: 1000000
  ${tlsBlock(tls)}}
`;
}

/** Quotes a value; what could end the quotes is refused, as the file would then say something else. */
function quoted(text: string): string {
  assert(!/["\\\n\r]/.test(text), "a value of the configuration holds no quotes, backslashes or line ends");
  return `"${text}"`;
}

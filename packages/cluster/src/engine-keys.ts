/**
 * Who may enter an engine: keys derived from the cluster's token, so that every node that has it can enter any node's engine, and nobody
 * else can. What is derived never leaves memory; a server is told the public halves.
 */
import { createHmac } from "node:crypto";
import { nkeys } from "@nats-io/transport-node";
import { userSeed } from "./nkey-seed.ts";

/** Where to reach an engine, and as whom. The seeds are secrets: they are printed nowhere. */
export interface NatsCredentials {
  readonly url: string;
  /** Seed of the key under which messages are sent. */
  readonly userSeed: string;
  /** Seed of the key that hears of connections that end or are refused; null where there is none. */
  readonly systemSeed: string | null;
  /** Certificate of the authority that signed the engine's one; null for those the system trusts. Only used where the engine wants TLS. */
  readonly caFile: string | null;
}

/** Certificates of an engine, by reference: the files are read by the server and by the nodes, and copied nowhere. */
export interface EngineTls {
  readonly certFile: string;
  readonly keyFile: string;
  /** Of the authority that signed it; null for those the system trusts. */
  readonly caFile: string | null;
}

/** Derives from the cluster's token what opens the engines of its nodes. */
export function engineSecret(token: string): Uint8Array {
  return createHmac("sha256", token).update("skyvox engine secret 1").digest();
}

/**
 * How a node that has the secret enters the engine at an address.
 *
 * @param options.caFile see {@link NatsCredentials.caFile}.
 */
export function engineCredentials(
  url: string,
  secret: Uint8Array,
  { caFile = null }: { readonly caFile?: string | null } = {},
): NatsCredentials {
  const seedOf = (who: string) => userSeed(createHmac("sha256", secret).update(`user ${who}`).digest());
  return { url, userSeed: seedOf("app"), systemSeed: seedOf("sys"), caFile };
}

/** Derives the password by which the servers of one engine know each other. */
export function routePassword(secret: Uint8Array): string {
  return createHmac("sha256", secret).update("route").digest("base64url");
}

/** The public half of a key, as a server is told it. */
export function publicKeyOf(seed: string): string {
  return nkeys.fromSeed(new TextEncoder().encode(seed)).getPublicKey();
}

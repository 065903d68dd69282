/**
 * The token that nodes of a cluster share: read from a file or a variable that is named, never from the command line, and printed nowhere.
 *
 * On one machine nobody needs to make one: the user's nodes share a file of theirs that no one else can read.
 */
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { messageOf, SkyvoxError } from "@skyvox/core";

/** Shorter ones can be guessed. */
const TOKEN_CHARACTERS_MIN = 16;
const OTHERS_MAY_READ = 0o044;

/** Where a token comes from; one of both, or the user's own file. */
export interface TokenPlace {
  readonly file: string | undefined;
  readonly variable: string | undefined;
}

/**
 * Reads the token.
 *
 * @throws {SkyvoxError} "usage" where none is given and other machines may join, where it cannot be read, is too short or anybody's to read.
 */
export function readToken({ file, variable }: TokenPlace, isLocal: boolean): string {
  if (file !== undefined) return checked(readFile(file), `file "${file}"`);
  if (variable !== undefined) {
    const value = process.env[variable];
    if (value === undefined) throw refusal(`variable "${variable}"`, "it is not set", "one that holds the token");
    return checked(value.trim(), `variable "${variable}"`);
  }
  if (!isLocal) {
    const need = "--token-file FILE or --token-env NAME, the same at every node";
    throw new SkyvoxError("usage", `Cannot let other machines in: no cluster token is given, need ${need}`);
  }
  const own = join(process.env.XDG_STATE_HOME ?? join(homedir(), ".local", "state"), "skyvox", "cluster-token");
  makeOnce(own);
  return checked(readFile(own), `file "${own}"`);
}

/** Makes the user's file where there is none; of several nodes that start at once one makes it. */
function makeOnce(file: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, `${randomBytes(32).toString("base64url")}\n`, { mode: 0o600, flag: "wx" });
  } catch (error) {
    if ((error as { readonly code?: string }).code === "EEXIST") return;
    throw refusal(`file "${file}"`, messageOf(error), "a folder to write it to, or --token-file FILE", error);
  }
}

function readFile(file: string): string {
  try {
    if ((statSync(file).mode & OTHERS_MAY_READ) !== 0) {
      throw refusal(`file "${file}"`, "others may read it", "mode 0600");
    }
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    if (error instanceof SkyvoxError) throw error;
    throw refusal(`file "${file}"`, messageOf(error), "one that can be read", error);
  }
}

function checked(token: string, place: string): string {
  if (token.length >= TOKEN_CHARACTERS_MIN) return token;
  throw refusal(place, `${token.length} characters`, `${TOKEN_CHARACTERS_MIN} or more`);
}

function refusal(place: string, found: string, need: string, cause?: unknown): SkyvoxError {
  return new SkyvoxError("usage", `Cannot use cluster token of ${place}: ${found}, need ${need}`, { cause });
}

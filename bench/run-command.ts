/** What the commands of this folder share: reading whole numbers, and turning what they throw into one line and a status. */
import { messageOf, SkyvoxError } from "@skyvox/core";

/** Sets the exit status: what `main` returns, 1 when a backend cannot run, 2 on wrong usage. Other errors are bugs and pass. */
export async function runCommand(main: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await main();
  } catch (error) {
    const status = statusOf(error);
    if (status === null) throw error;
    console.error(error instanceof SkyvoxError ? messageOf(error).split("\n")[0] : usageLine(error));
    process.exitCode = status;
  }
}

/**
 * Reads the whole number that was given to an option.
 *
 * @throws {SkyvoxError} code "usage" for a word that is none, or one out of range.
 */
export function wholeNumber(option: string, word: string, least: number, most: number): number {
  const value = Number(word);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new SkyvoxError("usage", `Cannot take --${option} "${word}": need a whole number from ${least} to ${most}`);
}

function statusOf(error: unknown): number | null {
  if (error instanceof SkyvoxError) return error.code === "usage" ? 2 : error.code === "backend" ? 1 : null;
  // Wrong usage too, as node's parseArgs says it.
  return error instanceof Error && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS") ? 2 : null;
}

/** The first sentence of what parseArgs says; the others guess at what was meant. */
function usageLine(error: unknown): string {
  const [found] = messageOf(error).split(/\.?\n|\. |\.$/);
  return `Cannot read the command line: ${found}, need the options of --help`;
}

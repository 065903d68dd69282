/** Runs the main function of a command and turns what it throws into one line and a status. */
import { messageOf, SkyvoxError } from "@skyvox/core";

/** Sets the exit status: what `main` returns, 1 when a backend cannot run, 2 on wrong usage. Other errors are bugs and pass. */
export async function runCommand(main: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await main();
  } catch (error) {
    const status = statusOf(error);
    if (status === null) throw error;
    console.error(messageOf(error).split("\n")[0]);
    process.exitCode = status;
  }
}

function statusOf(error: unknown): number | null {
  if (error instanceof SkyvoxError) return error.code === "usage" ? 2 : error.code === "backend" ? 1 : null;
  // Wrong usage too, as node's parseArgs says it.
  return error instanceof Error && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS") ? 2 : null;
}

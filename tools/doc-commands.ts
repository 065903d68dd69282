/**
 * Commands that pages show in blocks fenced as `sh`.
 *
 * `tools/docs.test.ts` runs every block as a reader would, from top to bottom of a page, in one scratch folder that looks like the
 * root of the repository. A command that cannot be run there stands in `excuses` with the reason; nothing else is left out.
 */

/** Commands that no test runs as they stand, and why. */
export const excuses: readonly { readonly command: RegExp; readonly reason: string }[] = [
  {
    command: /^npm start$/,
    reason: "runs until it is stopped; the tests of apps/node start and stop the same program",
  },
  { command: /^npm test$/, reason: "is the run that this test is part of" },
  { command: /^\.ci\/run$/, reason: "is the run that this test is part of" },
  { command: /^bun run format$/, reason: "rewrites the files that the tests are reading" },
  {
    command: /^bun run native$/,
    reason: "turbo refuses linked folders; scripts/setup.mjs runs the same script before all tests",
  },
  { command: /^bun run check$/, reason: "runs all tests, this one among them" },
  {
    command: /^bun run apps\/node import --from qualisys --calibration Calib\.qca\.txt /,
    reason: "needs a recording of the reader's own; the tests of apps/node import one they make",
  },
  {
    command: /^bun run apps\/node --role master --site site\.json --once /,
    reason: "plays the site that the command before it wrote",
  },
];

/** Lists the commands of a page in order; a line that ends in a backslash goes on in the next. */
export function commandsOf(page: string): string[] {
  return blocksOf(page).flat();
}

/** Lists the commands of each block, without comments and empty lines. */
export function blocksOf(page: string): string[][] {
  return [...page.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map((match) =>
    (match[1] ?? "")
      .replace(/\\\n\s*/g, "")
      .split("\n")
      .map((line) => line.replace(/\s+#\s.*$/, "").trim())
      .filter((line) => line !== "" && !line.startsWith("#")),
  );
}

/** The commands of a page that the tests run. */
export function runnableOf(page: string): string[] {
  return commandsOf(page).filter((command) => !excuses.some((excuse) => excuse.command.test(command)));
}

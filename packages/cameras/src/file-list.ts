import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** Compares names as people count: `frame2` before `frame10`; names that differ in case or leading zeros only, by code point. */
export function compareNaturally(a: string, b: string): number {
  return naturalOrder.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
}

// A fixed locale: the order of files must not follow the settings of the machine.
const naturalOrder = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/**
 * Lists the files a folder or pattern names, in natural order of their names.
 *
 * A path to a folder gives its files, hidden ones left out; else the last part of the path is a pattern with `*`, `?`, `[…]` or `{…}` for
 * the files of the folder before it, and a path without such signs stands for itself. An absent folder or a pattern without a match gives
 * an empty list.
 */
export async function listFiles(path: string): Promise<string[]> {
  const kind = await stat(path).catch(() => null);
  if (kind?.isFile()) return [path];
  const folder = kind?.isDirectory() ? path : dirname(path);
  const glob = new Bun.Glob(kind?.isDirectory() ? "*" : basename(path));
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith(".") && glob.match(entry.name))
    .map((entry) => entry.name)
    .sort(compareNaturally)
    .map((name) => join(folder, name));
}

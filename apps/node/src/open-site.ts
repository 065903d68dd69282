import { dirname, resolve } from "node:path";
import { loadSite, type Site, siteFromScene, siteProblems } from "@skyvox/cameras";
import { SkyvoxError } from "@skyvox/core";
import { checkVolume } from "@skyvox/reconstruction";
import { demoScene } from "@skyvox/scene";

/** A checked site and where it lies. */
export interface OpenedSite {
  readonly site: Site;
  /** Folder that relative source paths start from. */
  readonly siteDirectory: string;
}

/**
 * Reads the site file, or makes the demo's site where none is given, and refuses one that could never see a track.
 *
 * @throws {SkyvoxError} "site" naming the file, the key and what is needed.
 */
export async function openSite(file: string | undefined): Promise<OpenedSite> {
  if (file === undefined)
    return { site: siteFromScene(demoScene(1), "scene:demo?seed=1"), siteDirectory: process.cwd() };
  const site = await loadSite(file);
  // A box of a wrong size explains best why cameras see nothing of it.
  checkVolume(site);
  const [problem] = siteProblems(site);
  if (problem !== undefined) throw new SkyvoxError("site", `Cannot use site "${file}": ${problem}`);
  return { site, siteDirectory: dirname(resolve(file)) };
}

import { type Site, sceneOfSource } from "@skyvox/cameras";
import type { Vec3 } from "@skyvox/core";
import { truthAt } from "@skyvox/scene";

/** Where every target of a simulated scene is at a site time, in seconds. */
export type TruthAt = (timeS: number) => readonly { readonly name: string; readonly positionEnuM: Vec3 }[];

/** Returns the truth of a site whose cameras all watch one simulated scene, or null for any other site. */
export function sceneTruth(site: Site): TruthAt | null {
  const sources = new Set(site.cameras.map(({ source }) => source));
  const [source] = sources;
  if (source === undefined || sources.size > 1 || !source.startsWith("scene:")) return null;
  const scene = sceneOfSource(source);
  return (timeS) => truthAt(scene, timeS);
}

import { SkyvoxError } from "@skyvox/core";
import { presetByName, presetNames, type Scene } from "@skyvox/scene";

/** What a `scene:` source names: a preset, its seed and, where it ends, after how many frames. */
export interface SceneAddress {
  readonly name: string;
  readonly seed: number;
  readonly frameCount: number | null;
}

const SEED_DEFAULT = 1;

/**
 * Reads what follows `scene:`, in the form `NAME?seed=1&frames=100`.
 *
 * @throws {SkyvoxError} "source" for an unknown scene or key, or a value that is no whole number.
 */
export function parseSceneAddress(text: string): SceneAddress {
  const mark = text.indexOf("?");
  const name = mark < 0 ? text : text.slice(0, mark);
  const refuse = (found: string, need: string) =>
    new SkyvoxError("source", `Cannot open source "scene:${text}": found "${found}", need ${need}`);
  if (!presetNames.some((preset) => preset === name)) throw refuse(name, `one of ${presetNames.join(", ")}`);
  let seed = SEED_DEFAULT;
  let frameCount: number | null = null;
  for (const [key, value] of new URLSearchParams(mark < 0 ? "" : text.slice(mark + 1))) {
    const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
    if (!Number.isSafeInteger(number)) throw refuse(`${key}=${value}`, "seed=N or frames=N");
    if (key === "seed") seed = number;
    else if (key === "frames") frameCount = number;
    else throw refuse(`${key}=${value}`, "seed=N or frames=N");
  }
  return { name, seed, frameCount };
}

/**
 * Returns the scene that a `scene:` source names.
 *
 * @throws {SkyvoxError} "source" for a source that names no scene.
 */
export function sceneOfSource(source: string): Scene {
  if (!source.startsWith("scene:")) {
    throw new SkyvoxError("source", `Cannot open source "${source}" as a scene: another kind, need "scene:NAME"`);
  }
  const { name, seed } = parseSceneAddress(source.slice("scene:".length));
  return presetByName(name, seed);
}

import { assert } from "@skyvox/core";

/** Returns smooth noise in [0, 1] over the plane: random values on the integer lattice, blended by cubics (Perlin's value noise). */
export function latticeNoise(x: number, y: number, seed: number): number {
  const cellX = Math.floor(x);
  const cellY = Math.floor(y);
  const blendX = fade(x - cellX);
  const blendY = fade(y - cellY);
  const top = mix(hash(cellX, cellY, seed), hash(cellX + 1, cellY, seed), blendX);
  const bottom = mix(hash(cellX, cellY + 1, seed), hash(cellX + 1, cellY + 1, seed), blendX);
  return mix(top, bottom, blendY);
}

/** Returns smooth noise in [0, 1] around a circle: `turn` 0 and 1 are the same place, `cellCount` cells between. */
export function ringNoise(turn: number, cellCount: number, seed: number): number {
  assert(cellCount >= 1, "cellCount is at least 1");
  const x = turn * cellCount;
  const cell = Math.floor(x);
  const wrap = (index: number) => ((index % cellCount) + cellCount) % cellCount;
  return mix(hash(wrap(cell), 0, seed), hash(wrap(cell + 1), 0, seed), fade(x - cell));
}

/** Scrambles two lattice coordinates and a seed to [0, 1), by multiplications and shifts as in MurmurHash3's finaliser. */
function hash(x: number, y: number, seed: number): number {
  return hash32(x, y, seed) * 2 ** -32;
}

/** Scrambles three integers to an integer in [0, 2^32). */
export function hash32(a: number, b: number, c: number): number {
  let bits = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca77) ^ Math.imul(c, 0xc2b2ae3d);
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

function fade(t: number): number {
  return t * t * (3 - 2 * t);
}

function mix(a: number, b: number, t: number): number {
  return a + (b - a) * t;
}

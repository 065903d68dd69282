import { expect, test } from "bun:test";
import { ACCENT, ALERT, DIM, freeColourIndex, TENTATIVE, TEXT, TRACK_COLOURS } from "./palette.ts";

const style = await Bun.file(new URL("./style.css", import.meta.url)).text();

/** Value of a colour token of the style sheet. */
function token(name: string): number {
  const hex = new RegExp(`--${name}: #([0-9a-f]{6});`).exec(style)?.[1];
  if (!hex) throw new Error(`no token "${name}" in style.css`);
  return Number.parseInt(hex, 16);
}

/** Contrast ratio of two colours (WCAG 2.2, relative luminance and contrast ratio). */
function contrast(a: number, b: number): number {
  const luminance = (colour: number): number => {
    const linear = [16, 8, 0].map((shift) => {
      const c = ((colour >> shift) & 255) / 255;
      return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * (linear[0] ?? 0) + 0.7152 * (linear[1] ?? 0) + 0.0722 * (linear[2] ?? 0);
  };
  const [low = 0, high = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

test("Black on white has the ratio 21 that WCAG names", () => {
  expect(contrast(0x000000, 0xffffff)).toBeCloseTo(21, 9);
});

test("Every text colour reaches AA on every ground", () => {
  for (const ground of ["ground", "panel", "raised"]) {
    for (const text of ["text", "dim", "faint", "accent", "alert"]) {
      expect(contrast(token(text), token(ground))).toBeGreaterThanOrEqual(4.5);
    }
    for (const track of [...TRACK_COLOURS, TENTATIVE])
      expect(contrast(track, token(ground))).toBeGreaterThanOrEqual(4.5);
  }
});

test("Scripts and style sheet mean the same colours", () => {
  expect([TEXT, DIM, ACCENT, ALERT]).toEqual([token("text"), token("dim"), token("accent"), token("alert")]);
});

test("The colour worn least is taken next", () => {
  expect(freeColourIndex([])).toBe(0);
  expect(freeColourIndex([0, 1, 3])).toBe(2);
  expect(freeColourIndex([...TRACK_COLOURS.keys(), 0])).toBe(1);
});

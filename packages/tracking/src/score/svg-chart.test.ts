import { expect, test } from "bun:test";
import { escapeText, svgChart } from "./svg-chart.ts";

const chart = (points: readonly (readonly [number, number])[], more = {}) =>
  svgChart({ title: "T", xLabel: "x", yLabel: "y", series: [{ name: "s", colour: "#000", points }], ...more });
const pathsOf = (svg: string): string[] =>
  [...svg.matchAll(/<path d="([^"]*)" class="line"/g)].map((match) => match[1] ?? "");

test("Chart spans its frame from the least to the greatest", () => {
  // The frame runs from 64 to 704 across and from 256 up to 34.
  expect(
    pathsOf(
      chart([
        [0, 0],
        [1, 10],
        [2, 5],
      ]),
    ),
  ).toEqual(["M64 256L384 34L704 145"]);
});

test("Chart breaks a line where there is no value", () => {
  expect(
    pathsOf(
      chart([
        [0, 0],
        [1, Number.NaN],
        [2, 10],
      ]),
    ),
  ).toEqual(["M64 256M704 34"]);
});

test("Chart of equal scales makes a square square", () => {
  // 482 units of height for 10: the same 48.2 per unit across, about the middle at 384.
  expect(
    pathsOf(
      chart(
        [
          [0, 0],
          [10, 0],
          [10, 10],
          [0, 10],
        ],
        { isEqual: true },
      ),
    ),
  ).toEqual(["M143 516L625 516L625 34L143 34"]);
});

test("Chart marks round numbers", () => {
  const labels = [
    ...chart([
      [0, 0],
      [7, 0.031],
    ]).matchAll(/text-anchor="(?:middle|end)">([\d.]+)</g),
  ].map((match) => match[1]);
  expect(labels).toEqual(["0", "2", "4", "6", "0", "0.01", "0.02", "0.03"]);
});

test("Chart of nothing and of one value is drawn without a broken number", () => {
  for (const svg of [chart([]), chart([[3, 4]]), chart([[3, 0]], { yFromZero: true })]) {
    expect(svg).toStartWith("<svg");
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  }
});

test("Chart thins long lines but keeps a single peak", () => {
  const points = Array.from({ length: 100_000 }, (_, k) => [k, k === 77_777 ? 1 : 0] as const);
  const [path = ""] = pathsOf(chart(points));
  expect(path.match(/L/g)?.length).toBeLessThan(1300);
  expect(path).toMatch(/ 34L/);
});

test("Text is made safe for a page", () => {
  expect(escapeText(`<a href="x">&'`)).toBe("&#60;a href=&#34;x&#34;&#62;&#38;&#39;");
  expect(svgChart({ title: "<script>", xLabel: "", yLabel: "", series: [] })).not.toContain("<script>");
});

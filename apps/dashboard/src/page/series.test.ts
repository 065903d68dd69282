import { expect, test } from "bun:test";
import { CURVES, Series, WINDOW_S } from "./series.ts";

test("A series takes ten samples a second and keeps a minute", () => {
  const series = new Series();
  for (let i = 0; i <= 30 * 200; i++) series.push(i / 30, { p50: i });
  expect(series.timeS.at(-1)).toBe(200);
  expect(series.timeS[0]).toBe(200 - WINDOW_S);
  expect(series.timeS).toHaveLength(10 * WINDOW_S + 1);
  for (const curve of CURVES) expect(series.column(curve)).toHaveLength(series.timeS.length);
});

test("A series holds null where a curve was not measured", () => {
  const series = new Series();
  series.push(1, { p50: 20, confirmed: 3 });
  series.push(1.05, { p50: 99 });
  series.push(1.1, { p50: 21 });
  expect(series.column("p50")).toEqual([20, 21]);
  expect(series.column("confirmed")).toEqual([3, null]);
  expect(series.latest("confirmed")).toBeNull();
  expect(series.latest("p50")).toBe(21);
});

test("An empty series has no latest value", () => {
  const series = new Series();
  series.push(1, { p50: 20 });
  series.clear();
  expect(series.latest("p50")).toBeNull();
  expect(series.timeS).toEqual([]);
});

import { expect, test } from "bun:test";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TrackUpdate, trackId } from "@skyvox/core";
import { TRACKS_CSV_HEADER, TracksCsv } from "./tracks-csv.ts";

const update: TrackUpdate = {
  id: trackId(7),
  state: "confirmed",
  timeNs: 1_500_000_000n,
  firstTimeNs: 0n,
  positionEnuM: [1, -2, 0.25],
  velocityEnuMps: [-0, 0.5, -1e-9],
  covariance: Float64Array.from({ length: 36 }, (_, index) => index / 100),
  score: 3,
  detectionCount: 4,
  missedCount: 0,
};

test("TracksCsv writes a row per track that is alive, with whole rows on disk at once", () => {
  const path = join(mkdtempSync(join(tmpdir(), "skyvox-csv-")), "tracks.csv");
  using csv = new TracksCsv(path);
  csv.append([update, { ...update, id: trackId(8), state: "deleted" }]);
  expect(readFileSync(path, "utf8")).toBe(
    `${TRACKS_CSV_HEADER}\n1.500000,7,confirmed,1.000000,-2.000000,0.250000,0.000000,0.500000,0.000000,` +
      "0.000000000,0.010000000,0.020000000,0.070000000,0.080000000,0.140000000\n",
  );
});

test("TracksCsv names the file it cannot make", () => {
  expect(() => new TracksCsv("/nowhere/tracks.csv")).toThrow('Cannot write tracks to "/nowhere/tracks.csv"');
});

import { expect, test } from "bun:test";
import { SkyvoxError } from "@skyvox/core";
import { readTracksCsv, readTruthCsv } from "./read-csv.ts";

const HEADER =
  "time_s,track_id,state,e_m,n_m,u_m,ve_mps,vn_mps,vu_mps,cov_ee_m2,cov_en_m2,cov_eu_m2,cov_nn_m2,cov_nu_m2,cov_uu_m2";
const ROW = "1.5,7,confirmed,1,-2,0.25,0,0.5,0,1,2,3,4,5,6";

test("Tracks are read with their covariance whole", () => {
  expect(readTracksCsv(`${HEADER}\n${ROW}\n`, "tracks.csv")).toEqual([
    {
      timeS: 1.5,
      id: 7,
      state: "confirmed",
      positionEnuM: [1, -2, 0.25],
      covarianceM2: [1, 2, 3, 2, 4, 5, 3, 5, 6],
    },
  ]);
  expect(readTracksCsv(`${HEADER}\n`, "tracks.csv")).toEqual([]);
});

test("Truth is read with or without names, in any order of columns, with a byte order mark and DOS line ends", () => {
  expect(readTruthCsv("\uFEFFu_m,e_m,n_m,time_s,comment\r\n3,1,2,0.5,x\r\n\r\n", "t")).toEqual([
    { timeS: 0.5, name: "target", positionEnuM: [1, 2, 3] },
  ]);
  expect(readTruthCsv("time_s,target,e_m,n_m,u_m\n0,kite,1,2,3", "t")[0]?.name).toBe("kite");
});

test("Broken files are refused with the line and what is wrong", () => {
  const refusal = (read: () => unknown): string => {
    try {
      read();
    } catch (error) {
      if (error instanceof SkyvoxError) return error.message;
      throw error;
    }
    return "accepted";
  };
  expect(refusal(() => readTracksCsv("time_s,track_id\n", "a.csv"))).toMatch(
    /^Cannot read "a\.csv": its first line does not name state, e_m, .*, need time_s,track_id,state/,
  );
  expect(refusal(() => readTracksCsv(`${HEADER}\n${ROW.replace("-2", "NaN")}`, "a.csv"))).toBe(
    'Cannot read "a.csv" line 2: found "NaN" for n_m, need a finite number',
  );
  expect(refusal(() => readTracksCsv(`${HEADER}\n${ROW.replace("confirmed", "sure")}`, "a.csv"))).toBe(
    'Cannot read "a.csv" line 2: found "sure" for state, need tentative, confirmed, coasting, deleted',
  );
  expect(refusal(() => readTracksCsv(`${HEADER}\n${ROW}\n${ROW}`, "a.csv"))).toBe(
    'Cannot read "a.csv" line 3: found track 7 a second time at 1.5 s, need one row per track and time',
  );
  expect(refusal(() => readTruthCsv("time_s,e_m,n_m,u_m\n1,2,3", "t"))).toBe(
    'Cannot read "t" line 2: found 3 values, need 4 as in the first line',
  );
  expect(refusal(() => readTruthCsv("time_s,e_m,n_m,u_m\n1,,3,4", "t"))).toBe(
    'Cannot read "t" line 2: found "" for e_m, need a finite number',
  );
  expect(refusal(() => readTruthCsv("time_s,e_m,n_m,u_m\n", "t"))).toMatch(/^Cannot read "t": it has no row/);
});

import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { dataFolder } from "../test/fixtures.ts";
import { readLabels } from "./labels-file.ts";

test("Labels are read from blanks, tabs and commas, with a header or without", () => {
  const plain = (text: string) => {
    const { frames, uvPx } = readLabels(text, "labels");
    return { frames: [...frames], uvPx: [...uvPx] };
  };
  const expected = { frames: [1, 2, 7], uvPx: [742.5, 897.25, Number.NaN, Number.NaN, 0, 3] };
  const blanks =
    " frame no.            x            y\n1.000000 742.5 897.25\n2.000000   0.00000000   0.00000000\n7 0 3\n";
  expect(plain(blanks)).toEqual(expected);
  expect(plain("1\t742.5\t897.25\n2\t0\t0\n7\t0\t3")).toEqual(expected);
  expect(plain("\uFEFFframe,x,y\r\n1, 742.5, 897.25\r\n2,0,-0\r\n\r\n# later\r\n7,0,3\r\n")).toEqual(expected);
});

test("Of two lines of a frame the one that gives a place counts", () => {
  const { frames, uvPx } = readLabels("1 0 0\n2 0 0\n2 8 9\n3 5 6\n3 0 0\n", "labels");
  expect([...frames]).toEqual([1, 2, 3]);
  expect([...uvPx]).toEqual([Number.NaN, Number.NaN, 8, 9, 5, 6]);
});

test("A bad line is refused by file, line, what was found and what is needed", () => {
  const refusalOf = (text: string) => () => readLabels(text, "cam3.txt");
  const say = (place: string, found: string) => `Cannot read labels "cam3.txt"${place}: found ${found}`;
  expect(refusalOf("frame x y\n1 2 3\n2 NaN 4\n")).toThrow(say(" line 3", '"NaN" for x, need a finite number'));
  expect(refusalOf("NaN 2 3\n")).toThrow(say(" line 1", '"NaN" for frame, need a finite number'));
  expect(refusalOf("1 2 Infinity\n")).toThrow(say(" line 1", '"Infinity" for y, need a finite number'));
  expect(refusalOf("1,2,\n")).toThrow(say(" line 1", '"" for y, need a finite number'));
  expect(refusalOf("1 2 3\n2 3\n")).toThrow(say(" line 2", "2 values, need 3: frame x y"));
  expect(refusalOf("1 2 3 4\n")).toThrow(say(" line 1", "4 values, need 3: frame x y"));
  expect(refusalOf("1 2 3\n\n1 2 3\n")).toThrow(say(" line 3", "frame 1 a second time, need one place per frame"));
  expect(refusalOf("4 2 3\n3 2 3\n")).toThrow(say(" line 2", "frame 3 after 4, need frames that rise"));
  expect(refusalOf("1.5 2 3\n")).toThrow(say(" line 1", "frame 1.5, need a whole number from 0 on"));
  expect(refusalOf("-1 2 3\n")).toThrow(say(" line 1", "frame -1, need a whole number from 0 on"));
  expect(refusalOf("frame x y\nframe x y\n")).toThrow(say(" line 2", '"frame" for frame, need a finite number'));
  expect(refusalOf("x,y,frame\n1,2,3\n")).toThrow(say(" line 1", "columns x,y,frame, need frame,x,y"));
  expect(refusalOf("\n# nothing\n")).toThrow(say("", "no line of a frame, need lines frame x y"));
});

const folder = join(dataFolder, "drone6/detections");
const isThere = existsSync(folder);
if (!isThere) console.log(`skipped: labels of a real flight, because "${folder}" is absent`);

test.skipIf(!isThere)("Real labels hold as many visible frames as their makers count", async () => {
  const visibleCounts = await Promise.all(
    [0, 1, 2, 3, 4, 5].map(async (camera) => {
      const path = join(folder, `cam${camera}.txt`);
      const { uvPx } = readLabels(await Bun.file(path).text(), path);
      return uvPx.reduce((count, value) => count + (Number.isNaN(value) ? 0 : 1), 0) / 2;
    }),
  );
  // Counted by awk over the files.
  expect(visibleCounts).toEqual([31_878, 8345, 10_616, 6368, 12_515, 13_025]);
});

import { expect, test } from "bun:test";
import { Progress } from "./progress.ts";

function recorder(isTTY: boolean): { isTTY: boolean; text: string; write(text: string): void } {
  return {
    isTTY,
    text: "",
    write(text) {
      this.text += text;
    },
  };
}

test("Progress draws one line on a terminal and wipes it at the end", () => {
  const stream = recorder(true);
  const progress = new Progress({ label: "playing", stream, nowMs: () => 0 });
  progress.update("3 of 6", 0.5);
  progress[Symbol.dispose]();
  expect(stream.text).toBe(`\r\x1b[2Kplaying [${"#".repeat(12)}${"-".repeat(12)}]  50% 3 of 6\r\x1b[2K`);
});

test("Progress prints plain lines, seldom, where there is no terminal", () => {
  const stream = recorder(false);
  let nowMs = 0;
  const progress = new Progress({ label: "playing", stream, nowMs: () => nowMs });
  for (const text of ["a", "b", "c"]) {
    progress.update(text, null);
    nowMs += 3000;
  }
  progress[Symbol.dispose]();
  expect(stream.text).toBe("playing: a\nplaying: c\n");
});

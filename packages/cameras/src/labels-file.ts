/**
 * Reads 2D labels: where one target stands in the frames of one camera, as text or CSV, a line `frame x y` per frame.
 *
 * Values are parted by blanks, tabs or commas; a first line that begins with no number is a header, lines that begin with # are comments.
 * `x y` of `0 0` means that the target is not visible in that frame. Frames rise; a frame without a line was not looked at. Of two lines of
 * one frame at most one may give a place, and that one counts.
 */
import { assert, SkyvoxError } from "@skyvox/core";

/** The labels of one camera: `frames` is `[count]` and rises, `uvPx` is `[count, 2]` pixels u right, v down, NaN where not visible. */
export interface Labels {
  readonly frames: Float64Array;
  readonly uvPx: Float64Array;
}

/**
 * Reads a text of labels; `where` names it in messages.
 *
 * Pixels are taken as they are written: (0, 0) counts as the centre of the top-left pixel. A text of nothing but frames without the target
 * is read like any other.
 *
 * @throws {SkyvoxError} "source" naming the line: a value that is no finite number, too few or too many of them, a frame that is no whole
 * number, has two places or comes out of order; and for a text without any frame.
 */
export function readLabels(text: string, where: string): Labels {
  const frames: number[] = [];
  const uvPx: number[] = [];
  let isHeaderAllowed = true;
  for (const [index, row] of text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .entries()) {
    const values = valuesOf(row);
    if (values.length === 0) continue;
    const place = `"${where}" line ${index + 1}`;
    const isHeader = isHeaderAllowed && !isNumberLike(values[0] ?? "");
    isHeaderAllowed = false;
    if (isHeader) {
      checkHeader(row, place);
      continue;
    }
    const [frame, u, v] = numbersOf(values, place);
    const point = u === 0 && v === 0 ? [Number.NaN, Number.NaN] : [u, v];
    if (frame === frames.at(-1)) {
      if (Number.isNaN(point[0])) continue;
      if (!Number.isNaN(uvPx.at(-1))) throw refusal(place, `frame ${frame} a second time`, "one place per frame");
      uvPx.splice(-2, 2, ...point);
    } else {
      checkFrame(frame, frames.at(-1), place);
      frames.push(frame);
      uvPx.push(...point);
    }
  }
  if (frames.length === 0) throw refusal(`"${where}"`, "no line of a frame", "lines frame x y");
  assert(uvPx.length === 2 * frames.length, "every frame has two coordinates");
  return { frames: Float64Array.from(frames), uvPx: Float64Array.from(uvPx) };
}

function valuesOf(row: string): string[] {
  const text = row.trim();
  if (text === "" || text.startsWith("#")) return [];
  return text.includes(",") ? text.split(",").map((value) => value.trim()) : text.split(/\s+/);
}

/** True also for words that stand for no finite number: they are bad values, not headers. */
function isNumberLike(value: string): boolean {
  return /^[-+]?(\d|\.\d|nan$|inf(inity)?$)/i.test(value);
}

/** A header whose columns are parted by commas says what they are: in another order every line would be misread. */
function checkHeader(row: string, place: string): void {
  if (!row.includes(",")) return;
  const names = row.split(",").map((name) => name.trim().toLowerCase());
  const isOurs = names.length === 3 && /^frame/.test(names[0] ?? "") && /^[xu]/.test(names[1] ?? "");
  if (!isOurs || !/^[yv]/.test(names[2] ?? "")) throw refusal(place, `columns ${names.join(",")}`, "frame,x,y");
}

function numbersOf(values: readonly string[], place: string): [number, number, number] {
  if (values.length !== 3) throw refusal(place, `${values.length} values`, "3: frame x y");
  const numbers = values.map((value, index) => {
    const number = Number(value);
    if (value === "" || !Number.isFinite(number)) {
      throw refusal(place, `"${value}" for ${["frame", "x", "y"][index]}`, "a finite number");
    }
    return number;
  });
  return [numbers[0] ?? 0, numbers[1] ?? 0, numbers[2] ?? 0];
}

function checkFrame(frame: number, before: number | undefined, place: string): void {
  if (!Number.isSafeInteger(frame) || frame < 0) throw refusal(place, `frame ${frame}`, "a whole number from 0 on");
  if (before !== undefined && frame < before)
    throw refusal(place, `frame ${frame} after ${before}`, "frames that rise");
}

function refusal(place: string, found: string, need: string): SkyvoxError {
  return new SkyvoxError("source", `Cannot read labels ${place}: found ${found}, need ${need}`);
}

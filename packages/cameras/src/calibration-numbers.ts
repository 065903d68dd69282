import { SkyvoxError } from "@skyvox/core";

/** Reads the numbers of one camera out of a calibration and says by name which one cannot be used. */
export class CalibrationNumbers {
  readonly #where: string;
  readonly #camera: string;
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(where: string, camera: string, values: Readonly<Record<string, unknown>>) {
    this.#where = where;
    this.#camera = camera;
    this.#values = values;
  }

  /** Returns a finite number, written as a number or as text. @throws {SkyvoxError} "calibration" for anything else. */
  number(key: string): number {
    const value = finiteOf(this.#values[key]);
    if (value === null) throw this.refusal(key, "a number");
    return value;
  }

  /** Returns a list of finite numbers whose length is one of `counts`. @throws {SkyvoxError} "calibration" for anything else. */
  list(key: string, counts: readonly number[]): number[] {
    const flat = [this.#values[key]].flat(2).map(finiteOf);
    const numbers = flat.filter((value) => value !== null);
    if (numbers.length < flat.length || !counts.includes(numbers.length)) {
      throw this.refusal(key, `${counts.join(" or ")} numbers`);
    }
    return numbers;
  }

  /** Words the error that a value cannot be used. */
  refusal(key: string, need: string): SkyvoxError {
    const value = this.#values[key];
    const found = value === undefined ? "missing" : typeof value === "string" ? `"${value}"` : foundText(value);
    const text = `Cannot import "${this.#where}": ${key} of camera "${this.#camera}" is ${found}, need ${need}`;
    return new SkyvoxError("calibration", text);
  }
}

const FOUND_CHARACTERS_MAX = 60;

/** Prints arrays with NaN and infinities by name, which JSON cannot. */
function foundText(value: unknown): string {
  const text = Bun.inspect(value, { compact: true, depth: 4 }).replace(/\s+/g, " ");
  return text.length <= FOUND_CHARACTERS_MAX ? text : `${text.slice(0, FOUND_CHARACTERS_MAX)}…`;
}

function finiteOf(value: unknown): number | null {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : null;
}

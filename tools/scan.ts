/**
 * Splits a source file into what a rule may look at: code without comments and strings, and code without comments.
 *
 * One pass over the characters of TypeScript, C, C++, CUDA or WGSL. What is left out is replaced by spaces, so that positions and line
 * numbers stay those of the file. It is no parser: whether a slash opens a regular expression is told by the character before it,
 * which is right everywhere but behind a closing bracket.
 */

/** Two views of a file, both as long as the file itself. */
export interface Views {
  /** Comments and the insides of strings, templates and regular expressions are blank. */
  readonly code: string;
  /** Only comments are blank. */
  readonly withStrings: string;
}

const NEWLINE = 10;
const SPACE = 32;

/** Scans a text; `script` says that it is TypeScript or JavaScript, with templates and regular expressions. */
export function scan(text: string, script: boolean): Views {
  return new Scanner(text, script).run();
}

/** Finds the line of a position; the first line is 1. */
export function lineAt(text: string, position: number): number {
  let line = 1;
  for (let i = text.indexOf("\n"); i >= 0 && i < position; i = text.indexOf("\n", i + 1)) line++;
  return line;
}

/** The state of one pass: a position, the two outputs and how deep the braces of template expressions are nested. */
class Scanner {
  readonly #text: string;
  readonly #script: boolean;
  readonly #code: Uint16Array;
  readonly #withStrings: Uint16Array;
  readonly #templateBraces: number[] = [];
  #at = 0;
  /** Last character of code that is not blank: tells a division from a regular expression. */
  #before = "";

  constructor(text: string, script: boolean) {
    this.#text = text;
    this.#script = script;
    this.#code = codeUnits(text);
    this.#withStrings = this.#code.slice();
  }

  run(): Views {
    while (this.#at < this.#text.length) this.#step();
    const decoder = new TextDecoder("utf-16le");
    return { code: decoder.decode(this.#code), withStrings: decoder.decode(this.#withStrings) };
  }

  #step(): void {
    const character = this.#text[this.#at] ?? "";
    const pair = character + (this.#text[this.#at + 1] ?? "");
    if (pair === "//") this.#comment(this.#endOf("\n", this.#at));
    else if (pair === "/*") this.#comment(this.#endOf("*/", this.#at + 2) + 2);
    else if (character === '"' || (character === "'" && !this.#isDigitSeparator())) this.#quoted(character);
    else if (this.#script && character === "`") this.#template();
    else if (this.#script && character === "/" && this.#mayOpenExpression()) this.#quoted("/");
    else if (character === "}" && this.#templateBraces.at(-1) === 0) {
      this.#templateBraces.pop();
      this.#template();
    } else this.#keep(character);
  }

  #keep(character: string): void {
    if (character === "{") this.#nest(1);
    if (character === "}") this.#nest(-1);
    if (character.trim() !== "") this.#before = character;
    this.#at++;
  }

  #nest(by: number): void {
    const last = this.#templateBraces.length - 1;
    if (last >= 0) this.#templateBraces[last] = (this.#templateBraces[last] ?? 0) + by;
  }

  #endOf(mark: string, from: number): number {
    const found = this.#text.indexOf(mark, from);
    return found < 0 ? this.#text.length : found;
  }

  #comment(end: number): void {
    blank(this.#code, this.#at, end);
    blank(this.#withStrings, this.#at, end);
    this.#at = end;
  }

  /** Blanks up to the closing mark, which stays; a string that is never closed ends with its line. */
  #quoted(mark: string): void {
    let end = this.#at + 1;
    let inClass = false;
    for (; end < this.#text.length; end++) {
      const character = this.#text[end];
      if (character === "\n" || (character === mark && !inClass)) break;
      if (character === "\\") end++;
      else if (mark === "/" && character === "[") inClass = true;
      else if (mark === "/" && character === "]") inClass = false;
    }
    blank(this.#code, this.#at + 1, end);
    this.#before = mark === "/" ? ")" : mark;
    this.#at = end + 1;
  }

  /** Blanks a template up to its end or to the next expression inside it. */
  #template(): void {
    let end = this.#at + 1;
    for (; end < this.#text.length; end++) {
      const character = this.#text[end];
      if (character === "\\") end++;
      else if (character === "`") break;
      else if (character === "$" && this.#text[end + 1] === "{") {
        this.#templateBraces.push(0);
        end++;
        break;
      }
    }
    blank(this.#code, this.#at + 1, end);
    this.#before = this.#text[end] ?? "";
    this.#at = end + 1;
  }

  #isDigitSeparator(): boolean {
    return !this.#script && /[0-9a-fA-F]/.test(this.#before) && /[0-9a-fA-F]/.test(this.#text[this.#at + 1] ?? "");
  }

  #mayOpenExpression(): boolean {
    if (this.#before === "" || "(,=:[!&|?{};~^<>+-*%".includes(this.#before)) return true;
    return /\b(?:return|typeof|case|of|in)\s*$/.test(this.#text.slice(Math.max(0, this.#at - 12), this.#at));
  }
}

function codeUnits(text: string): Uint16Array {
  const units = new Uint16Array(text.length);
  for (let i = 0; i < text.length; i++) units[i] = text.charCodeAt(i);
  return units;
}

function blank(units: Uint16Array, from: number, to: number): void {
  for (let i = from; i < Math.min(to, units.length); i++) if (units[i] !== NEWLINE) units[i] = SPACE;
}

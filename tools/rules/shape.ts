/**
 * The shape of code inside a file: length of functions, the comment a longer file opens with, TSDoc on what is exported.
 *
 * Functions are found by their braces: one that follows a closing bracket or an arrow opens a function, unless `if`, `for` and their
 * like stand before the bracket. A function that returns an object type written out in place is not recognised.
 */
import type { Finding, Rule, SourceFile } from "../repository.ts";
import { lineAt } from "../scan.ts";

const FUNCTION_LINES_MAX = 70;
const SHORT_FILE_LINES = 60;
const OPENING_LINES = 20;

/** Measured from the line of the opening brace to that of the closing one; groups of tests are no functions. */
export const functionsAreShort: Rule = {
  name: `has no function over ${FUNCTION_LINES_MAX} lines`,
  check: (repository) =>
    repository.code.flatMap((file) =>
      bodiesOf(file)
        .filter((body) => body.lines > FUNCTION_LINES_MAX)
        .map((body) => ({ path: file.path, line: body.line, text: `a function of ${body.lines} lines` })),
    ),
};

export const longFilesOpenWithComment: Rule = {
  name: `opens every file over ${SHORT_FILE_LINES} lines with a comment of three lines or more`,
  check: (repository) =>
    repository.code
      .filter((file) => file.lines.length > SHORT_FILE_LINES && !file.path.endsWith(".test.ts"))
      .filter((file) => longestComment(file.lines.slice(0, OPENING_LINES)) < 3)
      .map((file) => ({ path: file.path, line: 1, text: `opens ${file.lines.length} lines without a comment` })),
};

export const exportsAreDocumented: Rule = {
  name: "documents every exported function, class and interface",
  check: (repository) =>
    repository.code
      .filter((file) => file.isScript && !file.path.endsWith(".test.ts"))
      .flatMap((file) => undocumented(file)),
};

interface Body {
  readonly line: number;
  readonly lines: number;
}

const CONTROL = /\b(?:if|for|while|switch|catch|with)\s*(?:constexpr\s*)?\([^;]*$/;
const TEST_GROUP = /\bdescribe(?:\.\w+)*\((?:"[^"]*"|`[^`]*`|\w+),\s*(?:async\s*)?\(\)\s*=>\s*$/;

/** Finds the bodies of functions by their braces. */
function bodiesOf(file: SourceFile): Body[] {
  const { code } = file.views;
  const open: { at: number; isFunction: boolean }[] = [];
  const bodies: Body[] = [];
  for (let i = 0; i < code.length; i++) {
    if (code[i] === "{") open.push({ at: i, isFunction: opensFunction(code.slice(Math.max(0, i - 400), i)) });
    if (code[i] !== "}") continue;
    const brace = open.pop();
    if (brace?.isFunction !== true) continue;
    const line = lineAt(code, brace.at);
    bodies.push({ line, lines: lineAt(code, i) - line + 1 });
  }
  return bodies;
}

function opensFunction(before: string): boolean {
  const head = before.trimEnd();
  if (head.endsWith("=>")) return !TEST_GROUP.test(head);
  if (!/\)(?:\s*(?:const|noexcept|override|:\s*[\w<>[\]|.,"\s]+))?$/.test(head)) return false;
  return !CONTROL.test(lastStatement(head));
}

/** What stands between the last end of a statement outside brackets and the end of the text. */
function lastStatement(text: string): string {
  let depth = 0;
  for (let i = text.length - 1; i >= 0; i--) {
    if (text[i] === ")") depth++;
    if (text[i] === "(") depth--;
    if (depth === 0 && (text[i] === "{" || text[i] === "}" || text[i] === ";"))
      return text.slice(i + 1).replace(/;/g, " ");
  }
  return text.replace(/;/g, " ");
}

function longestComment(lines: readonly string[]): number {
  let longest = 0;
  let length = 0;
  let inside = false;
  for (const line of lines) {
    const comment = inside || /^\s*(?:\/\/|\/\*)/.test(line);
    if (/^\s*\/\*/.test(line)) inside = true;
    if (line.includes("*/")) inside = false;
    length = comment ? length + 1 : 0;
    longest = Math.max(longest, length);
  }
  return longest;
}

function undocumented(file: SourceFile): Finding[] {
  const pattern = /^export (?:default )?(?:abstract )?(?:async )?(function\*?|class|interface) (\w+)/gm;
  let previous = "";
  return [...file.views.code.matchAll(pattern)].flatMap((match) => {
    const [, kind, name = ""] = match;
    const isOverload = name === previous;
    previous = name;
    const above = file.text.slice(0, match.index).trimEnd();
    if (isOverload || above.endsWith("*/")) return [];
    return [{ path: file.path, line: lineAt(file.text, match.index), text: `${kind} ${name} has no TSDoc` }];
  });
}

/**
 * Words and patterns that are sent back wherever they stand. The patterns are written so that none matches its own source.
 */
import { type Finding, findings, type Repository, type Rule, type SourceFile } from "../repository.ts";

/** Builds a rule that looks for one pattern in the chosen files. */
function forbids(
  name: string,
  pattern: RegExp,
  files: (repository: Repository) => readonly SourceFile[],
  view: (file: SourceFile) => string,
): Rule {
  const say = (match: string) => `"${match}"`;
  return {
    name,
    check: (repository) => files(repository).flatMap((file) => findings(file, view(file), pattern, say)),
  };
}

const code = (file: SourceFile): string => file.views.code;
const text = (file: SourceFile): string => file.text;
const allCode = (repository: Repository): readonly SourceFile[] => repository.code;
const scripts = (repository: Repository): SourceFile[] => repository.code.filter((file) => file.isScript);
const prose = (repository: Repository): SourceFile[] =>
  [...repository.files.values()].filter((file) => !file.isGenerated && (file.isCode || file.path.endsWith(".md")));
const everything = (repository: Repository): SourceFile[] => [...repository.files.values()];

/** Code below the apps, where time and chance are arguments; `core/clock.ts` is where the system's clock is wrapped. */
const belowApps = (repository: Repository): SourceFile[] =>
  scripts(repository).filter(
    (file) =>
      /^packages\/[^/]+\/src\//.test(file.path) &&
      !file.isTest &&
      !/^packages\/core\/src\/(?:alarm-)?clock\.ts$/.test(file.path),
  );

export const words: readonly Rule[] = [
  forbids("has no unfinished work", /\b(?:TO[D]O|FI[X]ME|XX[X]|HA[C]K)\b/g, prose, text),
  forbids("does not silence the type checker", /\bas (?:any|unknown as)\b|(?<![\w.])enum\s+\w+\s*\{/g, scripts, code),
  forbids("has no directive against the type checker", /@ts-(?:ignore|nochec[k])/g, scripts, text),
  forbids(
    "takes time and chance as arguments below the apps",
    /\b(?:Date\.now|Math\.random|performance\.now|Bun\.nanoseconds|set(?:Timeout|Interval)|new Date\(\))/g,
    belowApps,
    code,
  ),
  forbids("has no emoji", /\p{Emoji_Presentation}|\u{FE0F}/gu, prose, text),
  forbids(
    "does not praise itself",
    /\b(?:rob[u]st(?! (?:loss|kernel|cost|estimat|weight|regress|statistic|scale|fit))|production[- ]read[y]|blazin[g]|world[- ]clas[s]|state[- ]of[- ]the[- ]ar[t])/gi,
    prose,
    text,
  ),
  forbids(
    "swallows no error",
    /\bcatch\s*(?:\([^)]*\)\s*)?\{\s*\}|\.catch\(\s*\([^)]*\)\s*=>\s*\{\s*\}\s*\)/g,
    allCode,
    code,
  ),
  forbids(
    "names no path of one machine and no registry host",
    /(?<![\w.@-])\/(?:work|farm|home|root|Users)\/[\w.-]+|\bregistry\.(?:npmj[s]|yarnpk[g]|npmmirro[r])\b|\bnpmmirro[r]\b/g,
    everything,
    text,
  ),
];

/** A test states something: by `expect…`, by a property, or through a function of its file that does. */
export const testsExpect: Rule = {
  name: "expects something in every test",
  check: (repository) =>
    repository.code
      .filter((file) => file.path.endsWith(".test.ts"))
      .flatMap((file) => {
        const states = new RegExp(
          [EXPECTS.source, ...expectingFunctions(file).map((name) => `\\b${name}\\(`)].join("|"),
        );
        return findings(file, file.views.code, TEST_CALL, () => "expects nothing").filter(
          (finding) => !states.test(callAt(file, finding)),
        );
      }),
};

const TEST_CALL = /(?<=^\s*)(?:test|it)(?:\.\w+(?:\([^)]*\))?)*\(/gm;
const EXPECTS = /\bexpect\w*\s*[(<.]|\bfc\s*\.\s*assert\b/;

/** Names the functions of a test file that expect something themselves; each ends at the brace under its first letter. */
function expectingFunctions(file: SourceFile): string[] {
  const functions = file.views.code.matchAll(/^( *)(?:async )?(?:function|const) (\w+)\b[^\n]*\{\n[\s\S]*?\n\1\}/gm);
  return [...functions].filter(([body]) => EXPECTS.test(body)).map(([, , name = ""]) => name);
}

/** The code from the line of a finding to the bracket that closes its call. */
function callAt(file: SourceFile, finding: Finding): string {
  const { code: view } = file.views;
  let start = 0;
  for (let line = 1; line < finding.line; line++) start = view.indexOf("\n", start) + 1;
  let depth = 0;
  for (let i = start; i < view.length; i++) {
    if (view[i] === "(") depth++;
    if (view[i] === ")" && --depth === 0 && !/^\s*\(/.test(view.slice(i + 1, i + 20))) return view.slice(start, i);
  }
  return view.slice(start);
}

/** Checks the rules of the repository on all its files, and each rule on a repository made to break it. */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { examples } from "./fixtures.ts";
import { Repository, type Rule, readRepository } from "./repository.ts";
import { scan } from "./scan.ts";

const repository = readRepository(join(import.meta.dir, ".."));

function breaches(rule: Rule, of: Repository): string[] {
  return rule.check(of).map(({ path, line, text }) => `${path}${line > 0 ? `:${line}` : ""} ${text}`);
}

describe("The repository", () => {
  for (const { rule } of examples) {
    test(rule.name, () => {
      expect(breaches(rule, repository)).toEqual([]);
    });
  }
});

describe("The rule that it", () => {
  for (const { rule, breaks, keeps } of examples) {
    test(`${rule.name} fails where it is broken`, () => {
      for (const texts of breaks)
        expect([texts, breaches(rule, new Repository(texts)).length > 0]).toEqual([texts, true]);
      expect(breaches(rule, new Repository(keeps))).toEqual([]);
    });
  }
});

describe("The scanner", () => {
  const code = (text: string, script = true) => scan(text, script).code;

  test("blanks comments and the insides of strings, and keeps every position", () => {
    expect(code('a("x//y"); // b\nc /* d\n */ e')).toBe('a("    ");     \nc     \n    e');
    expect(scan("f('a'); // b", true).withStrings).toBe("f('a');     ");
  });

  test("keeps the expressions of templates, however deep", () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the text that is scanned holds a template.
    expect(code("`a${b({ c: `d${e}` })}f` + g")).toBe("`  {b({ c: `  {e}` })} ` + g");
  });

  test("tells a regular expression from a division", () => {
    expect(code('a.split(/[/"]/); b / c / d; // e')).toBe("a.split(/    /); b / c / d;     ");
  });

  test("takes a quote between digits for a separator in native code", () => {
    expect(code("int a = 1'000'000; char b = 'x';", false)).toBe("int a = 1'000'000; char b = ' ';");
  });
});

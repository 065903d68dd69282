/** Pages for readers: links lead somewhere, and every command is one that the tests run or that is excused with a reason. */
import { commandsOf, excuses } from "../doc-commands.ts";
import { type Finding, type Repository, type Rule, resolveFrom, type SourceFile } from "../repository.ts";

const pages = (repository: Repository): SourceFile[] =>
  [...repository.files.values()].filter((file) => file.path.endsWith(".md"));

export const linksResolve: Rule = {
  name: "has no broken link in its pages",
  check: (repository) => pages(repository).flatMap((page) => brokenLinks(page, repository)),
};

export const commandsAreShell: Rule = {
  name: "fences commands as sh, so that they are found and run",
  check: (repository) =>
    pages(repository).flatMap((page) =>
      page.lines.flatMap((line, index) =>
        /^\s*```(?:bash|shell|console|zsh|shell-session)\s*$/.test(line)
          ? [{ path: page.path, line: index + 1, text: `fenced as ${line.trim().slice(3)}` }]
          : [],
      ),
    ),
};

/** An excuse that no page needs any more is dropped. */
export const excusesAreNeeded: Rule = {
  name: "excuses only commands that a page shows",
  check: (repository) => {
    const commands = pages(repository).flatMap((page) => commandsOf(page.text));
    return excuses
      .filter(({ command }) => !commands.some((shown) => command.test(shown)))
      .map(({ command }) => ({ path: "tools/doc-commands.ts", line: 0, text: `no page shows ${command}` }));
  },
};

function brokenLinks(page: SourceFile, repository: Repository): Finding[] {
  const prose = page.text.replace(/```[\s\S]*?```/g, (block) => block.replace(/[^\n]/g, " "));
  return [...prose.matchAll(/\]\(([^)\s]+)(?:\s+"[^"]*")?\)/g)].flatMap((match) => {
    const [target = "", anchor] = (match[1] ?? "").split("#");
    if (/^[a-z]+:/.test(target)) return [];
    const path = target === "" ? page.path : (resolveFrom(page.path, target) ?? "");
    const line = prose.slice(0, match.index).split("\n").length;
    const missing = (text: string): Finding[] => [{ path: page.path, line, text }];
    const exists =
      repository.files.has(path) || [...repository.files.keys()].some((file) => file.startsWith(`${path}/`));
    if (!exists) return missing(`${target} does not exist`);
    const headings = repository.files.get(path)?.lines.filter((text) => /^#+ /.test(text)) ?? [];
    if (anchor === undefined || /^L\d+/.test(anchor) || headings.some((text) => anchorOf(text) === anchor)) return [];
    return missing(`${path} has no heading "#${anchor}"`);
  });
}

/** The anchor that a heading gets: lower case, punctuation dropped, spaces turned to dashes. */
function anchorOf(heading: string): string {
  const words = heading.replace(/^#+ /, "").toLowerCase();
  return words.replace(/[^\p{L}\p{N}\s_-]/gu, "").replace(/\s/g, "-");
}

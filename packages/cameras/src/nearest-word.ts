/** Finds the known word that a misspelt one most likely meant: fewest edits, letter case aside, or null where none is near. */
export function nearestWord(word: string, known: readonly string[]): string | null {
  let nearest: string | null = null;
  // More than half the word changed is another word, not a slip.
  let editsMin = Math.ceil(word.length / 2) + 1;
  for (const candidate of known) {
    const startsAlike = candidate.toLowerCase().startsWith(word.toLowerCase());
    const edits = startsAlike ? 1 : editCount(word.toLowerCase(), candidate.toLowerCase());
    if (edits < editsMin) {
      editsMin = edits;
      nearest = candidate;
    }
  }
  return nearest;
}

/** Counts the inserted, deleted and replaced letters between two words (Wagner & Fischer 1974). */
function editCount(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...from].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...to].entries()) {
      const replaced = (row[j] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}

import type { TableLine } from "./cluster-lines.ts";
import { element, setAttribute, setText } from "./element.ts";

interface Row {
  readonly root: HTMLTableRowElement;
  readonly cells: readonly HTMLTableCellElement[];
}

/** A table whose rows are kept by key and rewritten only where a text changed. */
export class RowTable {
  private readonly body: HTMLElement;
  private readonly rows = new Map<string, Row>();

  constructor(body: HTMLElement) {
    this.body = body;
  }

  /** Shows exactly these lines, in this order. */
  write(lines: readonly TableLine[]): void {
    const keys = new Set(lines.map(({ key }) => key));
    for (const [key, { root }] of this.rows) {
      if (keys.has(key)) continue;
      root.remove();
      this.rows.delete(key);
    }
    for (const [place, line] of lines.entries()) {
      const row = this.rows.get(line.key) ?? this.make(line);
      if (this.body.children[place] !== row.root) this.body.insertBefore(row.root, this.body.children[place] ?? null);
      setAttribute(row.root, "data-state", line.state);
      for (const [i, cell] of row.cells.entries()) setText(cell, line.cells[i] ?? "");
    }
  }

  private make({ key, cells }: TableLine): Row {
    const made = cells.map((_, i) => (i === 0 ? element("th") : element("td")));
    made[0]?.setAttribute("scope", "row");
    const row = { root: element("tr", {}, ...made), cells: made };
    this.rows.set(key, row);
    return row;
  }
}

/** Splits things that are joined in pairs into groups that share nothing (union-find with path halving; Tarjan & van Leeuwen 1984). */

/** Groups of the things 0 … count - 1; arrays grow and are used again. */
export class Groups {
  /** Members of all groups, ascending in each; groups in the order of their first members. */
  members = new Int32Array(0);
  /** Where the members of each group begin; one entry more than there are groups. */
  starts = new Int32Array(1);
  #parent = new Int32Array(0);
  #groupOf = new Int32Array(0);
  #count = 0;

  /** Begins with every thing on its own. */
  begin(count: number): void {
    this.#count = count;
    if (this.#parent.length < count) {
      this.#parent = new Int32Array(2 * count);
      this.#groupOf = new Int32Array(2 * count);
      this.members = new Int32Array(2 * count);
      this.starts = new Int32Array(2 * count + 1);
    }
    for (let k = 0; k < count; k++) this.#parent[k] = k;
  }

  join(a: number, b: number): void {
    const first = this.#root(a);
    const second = this.#root(b);
    if (first < second) this.#parent[second] = first;
    else this.#parent[first] = second;
  }

  /** Lists the groups and returns how many there are. */
  list(): number {
    // Roots are the least of their groups, so they are met before their other members.
    let groupCount = 0;
    for (let k = 0; k < this.#count; k++) {
      const root = this.#root(k);
      this.#groupOf[k] = root === k ? groupCount++ : this.#groupOf[root]!;
    }
    this.starts.fill(0, 0, groupCount + 1);
    for (let k = 0; k < this.#count; k++) this.starts[this.#groupOf[k]! + 1]!++;
    for (let group = 0; group < groupCount; group++) this.starts[group + 1]! += this.starts[group]!;
    for (let k = 0; k < this.#count; k++) this.members[this.starts[this.#groupOf[k]!]!++] = k;
    for (let group = groupCount; group > 0; group--) this.starts[group] = this.starts[group - 1]!;
    this.starts[0] = 0;
    return groupCount;
  }

  #root(of: number): number {
    let k = of;
    while (this.#parent[k] !== k) {
      this.#parent[k] = this.#parent[this.#parent[k]!]!;
      k = this.#parent[k]!;
    }
    return k;
  }
}

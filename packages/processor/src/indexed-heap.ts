/**
 * A binary heap that also finds and removes items by their id.
 *
 * Items never change their place by themselves: what orders them is fixed while they are inside. Push, pop and remove are O(log n).
 */
import { assert } from "@skyvox/core";

/** Keeps items with distinct ids; the first in order is on top. */
export class IndexedHeap<Item extends { readonly id: string }> {
  readonly #items: Item[] = [];
  readonly #places = new Map<string, number>();
  readonly #isBefore: (a: Item, b: Item) => boolean;

  /** Takes a strict order; items that are equal in it come out in no particular order. */
  constructor(isBefore: (a: Item, b: Item) => boolean) {
    this.#isBefore = isBefore;
  }

  get count(): number {
    return this.#items.length;
  }

  /** Returns the first item and leaves it. */
  get first(): Item | undefined {
    return this.#items[0];
  }

  /** @throws {AssertionError} where an item with that id is inside. */
  push(item: Item): void {
    assert(!this.#places.has(item.id), "the ids of a heap are distinct");
    this.#items.push(item);
    this.#rise(this.#items.length - 1, item);
  }

  /** Takes the first item out. */
  pop(): Item | undefined {
    const first = this.#items[0];
    if (first !== undefined) this.remove(first.id);
    return first;
  }

  /** Takes an item out; undefined where none has that id. */
  remove(id: string): Item | undefined {
    const place = this.#places.get(id);
    if (place === undefined) return undefined;
    const item = this.#items[place];
    const last = this.#items.pop();
    this.#places.delete(id);
    if (last !== undefined && last !== item) {
      this.#sink(place, last);
      this.#rise(this.#places.get(last.id) ?? place, last);
    }
    return item;
  }

  #rise(start: number, item: Item): void {
    let place = start;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = this.#items[parent] as Item;
      if (!this.#isBefore(item, above)) break;
      this.#put(place, above);
      place = parent;
    }
    this.#put(place, item);
  }

  #sink(start: number, item: Item): void {
    let place = start;
    for (let child = 2 * place + 1; child < this.#items.length; child = 2 * place + 1) {
      const right = this.#items[child + 1];
      if (right !== undefined && this.#isBefore(right, this.#items[child] as Item)) child += 1;
      const below = this.#items[child] as Item;
      if (!this.#isBefore(below, item)) break;
      this.#put(place, below);
      place = child;
    }
    this.#put(place, item);
  }

  #put(place: number, item: Item): void {
    this.#items[place] = item;
    this.#places.set(item.id, place);
  }
}

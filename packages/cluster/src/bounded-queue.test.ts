import { expect, test } from "bun:test";
import { BoundedQueue } from "./bounded-queue.ts";

test("BoundedQueue keeps the newest entries in order and counts what it drops", () => {
  const queue = new BoundedQueue<number>(3);
  for (let i = 0; i < 5; i++) queue.push(i);
  expect([queue.length, queue.dropped]).toEqual([3, 2]);
  expect(queue.drain()).toEqual([2, 3, 4]);
  expect([queue.length, queue.drain()]).toEqual([0, []]);
  expect(() => new BoundedQueue(0)).toThrow("a queue holds one entry at least");
});

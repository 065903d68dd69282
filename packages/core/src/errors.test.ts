import { expect, test } from "bun:test";
import { AssertionError, assert } from "./assert.ts";
import { messageOf, SkyvoxError } from "./errors.ts";

test("SkyvoxError carries its code and its cause", () => {
  const cause = new Error("no such file");
  const error = new SkyvoxError("io", "Cannot open site: missing, need a file", { cause });
  expect(error).toBeInstanceOf(Error);
  expect(error.code).toBe("io");
  expect(error.cause).toBe(cause);
  expect(error.name).toBe("SkyvoxError");
});

test("messageOf says errors and other thrown values in one line", () => {
  expect(messageOf(new Error("broken"))).toBe("broken");
  expect(messageOf("broken")).toBe("broken");
  expect(messageOf(7)).toBe("7");
});

test("assert throws what must hold and passes what holds", () => {
  expect(() => assert(false, "count is positive")).toThrow(new AssertionError("count is positive"));
  expect(() => assert(true, "count is positive")).not.toThrow();
});

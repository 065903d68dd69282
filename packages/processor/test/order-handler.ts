/**
 * Handler of the worker processes in tests: does what its payload orders, so that a test makes a real process die, hang or fail.
 */
import type { OpenTaskHandler } from "../src/mod.ts";

/** What a task orders. */
export type Order =
  | { readonly do: "echo"; readonly value: unknown }
  | { readonly do: "who" }
  | { readonly do: "fail"; readonly message: string }
  | { readonly do: "exit"; readonly code: number }
  /** Computes without a pause, for ever or for a while. */
  | { readonly do: "spin"; readonly ms: number }
  /** Waits without computing. */
  | { readonly do: "sleep"; readonly ms: number }
  | { readonly do: "unsendable" }
  /** Dies by its own hand the first `deaths` times. */
  | { readonly do: "die-first"; readonly deaths: number };

const open: OpenTaskHandler = ({ workerIndex }) => {
  return async (payload, { attempt, signal }) => {
    const order = payload as Order;
    switch (order.do) {
      case "echo":
        return order.value;
      case "who":
        return { processId: process.pid, workerIndex };
      case "fail":
        throw new Error(order.message);
      case "exit":
        return process.exit(order.code);
      case "spin": {
        const end = performance.now() + order.ms;
        while (performance.now() < end);
        return process.pid;
      }
      case "sleep": {
        const { promise, resolve } = Promise.withResolvers<void>();
        signal.addEventListener("abort", () => resolve());
        setTimeout(resolve, order.ms);
        await promise;
        return process.pid;
      }
      case "unsendable":
        return () => 1;
      case "die-first":
        if (attempt <= order.deaths) process.kill(process.pid, "SIGKILL");
        return attempt;
    }
  };
};

export default open;

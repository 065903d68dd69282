import type { OpenTaskHandler } from "@skyvox/processor";

/** Handler of the worker processes in the bench of scaling: takes as many milliseconds as it is told and returns how many it took. */
const open: OpenTaskHandler = () => async (payload) => {
  const startMs = performance.now();
  await Bun.sleep(Number(payload));
  return performance.now() - startMs;
};

export default open;

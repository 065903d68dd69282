import type { OpenTaskHandler } from "@skyvox/processor";

/** Handler of the worker processes in the bench of the processor: gives back what it is given. */
const open: OpenTaskHandler = () => (payload) => payload;

export default open;

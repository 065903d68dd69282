/** Loaded before the program by the test of a lost device: a signal destroys the GPU device of the process, as a fault of its driver would. */
interface Held {
  readonly current: Promise<{ readonly device: { destroy(): void } }> | null;
}

process.on("SIGUSR2", async () => {
  const held = (globalThis as { skyvoxDawn?: Held }).skyvoxDawn;
  (await held?.current)?.device.destroy();
});

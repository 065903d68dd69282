/** The file descriptor of a worker process at which its pool listens for heartbeats. */
export const HEARTBEAT_FD = 3;

/** Beats until this process ends, from a thread of its own; resolves at the first beat. */
export function startHeartbeat(heartbeatMs: number): Promise<void> {
  const thread = new Worker(new URL("./heartbeat-thread.ts", import.meta.url).href);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  thread.onmessage = () => resolve();
  thread.onerror = ({ message }) => reject(new Error(message));
  thread.postMessage({ heartbeatMs });
  return promise;
}

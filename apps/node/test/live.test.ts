import { expect, setDefaultTimeout, test } from "bun:test";
import type { StreamMessage } from "@skyvox/dashboard";
import { lineMatching, startNode } from "./run-node.ts";

// Each test starts the whole program, some of them several times.
setDefaultTimeout(30_000);

interface LiveNode extends AsyncDisposable {
  readonly url: string;
  readonly child: ReturnType<typeof startNode>;
}

async function liveNode(...flags: string[]): Promise<LiveNode> {
  const child = startNode(["--role", "master", "--port", "0", ...flags]);
  const [, url = ""] = await lineMatching(child.stdout, /dashboard (http:\S+)\n/);
  return {
    url,
    child,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await child.exited;
    },
  };
}

/** Collects stream messages until one satisfies the test. */
async function messageWhere(url: string, wanted: (message: StreamMessage) => boolean): Promise<StreamMessage> {
  const socket = new WebSocket(`${url.replace("http", "ws")}/api/v1/stream`);
  try {
    return await new Promise((resolve, reject) => {
      socket.onmessage = ({ data }) => {
        const message = JSON.parse(String(data)) as StreamMessage;
        if (wanted(message)) resolve(message);
      };
      socket.onclose = ({ reason }) => reject(new Error(`the stream closed: ${reason}`));
    });
  } finally {
    socket.close();
  }
}

const confirmedCount = (message: StreamMessage): number =>
  message.type === "tracks" ? message.tracks.filter(({ state }) => state === "confirmed").length : 0;

test("The demo tracks its targets live and Ctrl-C ends it with exit code 0", async () => {
  await using node = await liveNode("--kernels", "cpu");
  const tracks = await messageWhere(node.url, (message) => confirmedCount(message) >= 4);
  expect(tracks.type === "tracks" && tracks.truth?.length).toBe(6);
  const snapshot = await fetch(`${node.url}/api/v1/cameras/south-west/snapshot.png?width=320`);
  expect([snapshot.status, snapshot.headers.get("content-type")]).toEqual([200, "image/png"]);
  expect((await fetch(`${node.url}/readyz`)).status).toBe(200);
  node.child.kill("SIGINT");
  expect(await node.child.exited).toBe(0);
});

test("A worker that is killed is replaced and the tracks go on under their ids", async () => {
  await using node = await liveNode("--kernels", "cpu");
  const before = await messageWhere(node.url, (message) => confirmedCount(message) >= 4);
  const ids =
    before.type === "tracks" ? before.tracks.filter(({ state }) => state === "confirmed").map(({ id }) => id) : [];
  const ready = (await (await fetch(`${node.url}/readyz`)).json()) as { checks: { name: string; detail: string }[] };
  const [, processId = ""] =
    /process (\d+)/.exec(ready.checks.find(({ name }) => name === "worker")?.detail ?? "") ?? [];
  process.kill(Number(processId), "SIGKILL");
  const beforeS = before.type === "tracks" ? before.timeS : 0;
  const after = await messageWhere(
    node.url,
    (message) => message.type === "tracks" && message.timeS > beforeS + 1 && confirmedCount(message) >= 3,
  );
  const afterIds = after.type === "tracks" ? after.tracks.map(({ id }) => id) : [];
  expect(ids.filter((id) => afterIds.includes(id)).length).toBeGreaterThanOrEqual(3);
  expect(await (await fetch(`${node.url}/metrics`)).text()).toMatch(/skyvox_worker_restarts_total 1\b/);
});

test("A request to terminate that reaches the worker too still ends the node", async () => {
  await using node = await liveNode("--kernels", "cpu");
  await messageWhere(node.url, (message) => confirmedCount(message) >= 1);
  const ready = (await (await fetch(`${node.url}/readyz`)).json()) as { checks: { name: string; detail: string }[] };
  const [, workerId = ""] =
    /process (\d+)/.exec(ready.checks.find(({ name }) => name === "worker")?.detail ?? "") ?? [];
  process.kill(Number(workerId), "SIGTERM");
  node.child.kill("SIGTERM");
  expect(await node.child.exited).toBe(0);
});

test("A worker that is frozen does not keep the node from ending", async () => {
  await using node = await liveNode("--kernels", "cpu");
  await messageWhere(node.url, (message) => confirmedCount(message) >= 1);
  const ready = (await (await fetch(`${node.url}/readyz`)).json()) as { checks: { name: string; detail: string }[] };
  const [, workerId = ""] =
    /process (\d+)/.exec(ready.checks.find(({ name }) => name === "worker")?.detail ?? "") ?? [];
  process.kill(Number(workerId), "SIGSTOP");
  node.child.kill("SIGINT");
  expect(await node.child.exited).toBe(0);
});

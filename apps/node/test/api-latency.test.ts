import { afterAll, expect, test } from "bun:test";
import { plainView, serve } from "./api-view.ts";

const count = 20_000;
const indices = Uint16Array.from({ length: 3 * count }, (_, i) => (i * 7) % 2048);
const evidence = Float32Array.from({ length: count }, (_, i) => (i * 31) % 997);
const view = plainView({ voxels: () => ({ ...plainView().voxels(), indices, evidence }) });
const api = serve(view);
afterAll(() => api[Symbol.asyncDispose]());

test.each([
  "/healthz",
  "/api/v1/tracks",
  "/api/v1/cameras",
  "/metrics",
  "/api/v1/voxels",
  "/api/v1/voxels?format=ply&limit=100000",
])("Latency of GET %s is printed", async (path) => {
  const rounds = 100;
  const tookMs: number[] = [];
  for (let round = 0; round < rounds + 10; round++) {
    const begunMs = performance.now();
    const response = await fetch(api.url + path);
    await response.bytes();
    expect(response.status).toBe(200);
    if (round >= 10) tookMs.push(performance.now() - begunMs);
  }
  tookMs.sort((a, b) => a - b);
  const [p50 = 0, p99 = 0] = [tookMs[rounds / 2], tookMs[Math.floor(rounds * 0.99)]];
  console.log(
    `GET ${path}: p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms (loopback, one at a time, ${rounds} requests)`,
  );
});

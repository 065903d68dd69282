import { expect, test } from "bun:test";
import { parseNodeConfig } from "./config.ts";

test("A node's flags have defaults", () => {
  expect(parseNodeConfig([])).toEqual({
    role: "master",
    port: 8080,
    kernels: "auto",
    profile: "balanced",
    fabric: "auto",
    once: false,
    json: false,
  });
});

test("A node's flags are read as typed values", () => {
  const config = parseNodeConfig([
    "--role",
    "master",
    "--site",
    "a.json",
    "--port",
    "0",
    "--once",
    "--profile",
    "latency",
    "--json",
    "--max-seconds",
    "1.5",
  ]);
  expect(config).toMatchObject({
    site: "a.json",
    port: 0,
    once: true,
    profile: "latency",
    json: true,
    "max-seconds": 1.5,
  });
});

for (const [args, message] of [
  [["--port", "99999"], 'Cannot use --port "99999": need a port, 0 to 65535'],
  [["--port", "x"], 'Cannot use --port "x": need a port, 0 to 65535'],
  [["--kernels", "fpga"], 'Cannot use --kernels "fpga": need auto, cuda, wgsl, cpu, reference'],
  [["--profile", "fast"], 'Cannot use --profile "fast": need balanced, throughput, latency, reliability'],
  [["--role", "king"], 'Cannot use --role "king": need master or worker'],
  [["--max-seconds", "0"], 'Cannot use --max-seconds "0": need a number of seconds above 0'],
  [["--max-seconds", "-1"], 'Cannot use --max-seconds "-1": need a number of seconds above 0'],
  [["--port", "-1"], 'Cannot use --port "-1": need a port, 0 to 65535'],
  [["--once", "-1"], "Cannot read the command line: Option '--once' does not take an argument, need"],
  [["--site", "--once"], "Cannot read the command line: Option '--site' argument is ambiguous, need"],
  [["--site"], "Cannot read the command line: Option '--site <value>' argument missing, need"],
  [["--role", "worker"], "Cannot use --role worker: this build runs on one machine"],
  [["--fabric", "nats"], "Cannot use --fabric nats: this build runs on one machine"],
  [["--join", "host"], "Cannot use --join: this build runs on one machine"],
  [["--once"], "Cannot play the demo scene once: it has no end"],
  [["--speed", "2"], "Cannot read the command line: Unknown option '--speed'"],
] as const) {
  test(`A node refuses ${args.join(" ")} and says what it needs`, () => {
    expect(() => parseNodeConfig(args)).toThrow(message);
  });
}

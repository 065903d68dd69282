import { expect, test } from "bun:test";
import { parseNodeConfig } from "./config.ts";

test("A node's flags have defaults", () => {
  expect(parseNodeConfig([])).toEqual({
    role: "master",
    port: 8080,
    kernels: "auto",
    profile: "balanced",
    fabric: "auto",
    listen: "127.0.0.1",
    cluster: "skyvox",
    "beacon-port": 9999,
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
  [
    ["--role", "worker", "--fabric", "local"],
    "Cannot use --role worker with --fabric local: that is one machine alone",
  ],
  [["--fabric", "nats", "--once", "--site", "a.json"], "Cannot use --fabric nats with --once: a recording is played"],
  [["--listen", "10.0.0.1", "--max-seconds", "1"], "Cannot use --listen with --max-seconds: a cluster runs until"],
  [["--token-env", "T", "--profile", "latency"], "Cannot use --token-env with --profile: workers of a cluster"],
  [["--token-env", "T", "--token-file", "f"], "Cannot use --token-file with --token-env: a cluster has one token"],
  [["--tls-cert", "c.pem"], "Cannot use --tls-cert with half a certificate: it is a file and its key, need both"],
  [["--join", "host"], 'Cannot use --join "host": need an engine\'s address as a master prints it, nats://HOST:PORT'],
  [["--node-id", "a.b"], 'Cannot use --node-id "a.b": need letters, digits, - and _, up to 64'],
  [["--once"], "Cannot play the demo scene once: it has no end"],
  [["--speed", "2"], "Cannot read the command line: Unknown option '--speed'"],
] as const) {
  test(`A node refuses ${args.join(" ")} and says what it needs`, () => {
    expect(() => parseNodeConfig(args)).toThrow(message);
  });
}

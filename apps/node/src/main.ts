/**
 * The one program: reads the arguments, runs a command or a node, and turns what went wrong into one line and an exit code
 * (0 done, 1 failed, 2 bad usage).
 */
import { messageOf, SkyvoxError } from "@skyvox/core";
import packageJson from "../package.json";
import { isInCluster } from "./cluster/lone-cluster.ts";
import { runClusterNode } from "./cluster/run-cluster-node.ts";
import { calibrateCommand } from "./commands/calibrate.ts";
import { importCommand } from "./commands/import.ts";
import { sceneCommand } from "./commands/scene.ts";
import { scoreCommand } from "./commands/score.ts";
import { voxelizeCommand } from "./commands/voxelize.ts";
import { NODE_USAGE, parseNodeConfig } from "./config.ts";
import { runMaster } from "./master.ts";

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

const commands: Readonly<Record<string, (args: readonly string[]) => Promise<void>>> = {
  calibrate: calibrateCommand,
  import: importCommand,
  scene: sceneCommand,
  score: scoreCommand,
  voxelize: voxelizeCommand,
};

async function main(args: readonly string[]): Promise<number> {
  const [first = ""] = args;
  const command = Object.hasOwn(commands, first) ? commands[first] : undefined;
  if (command !== undefined) {
    await command(args.slice(1));
    return 0;
  }
  if (first !== "" && !first.startsWith("-")) {
    const known = Object.keys(commands).join(", ");
    throw new SkyvoxError(
      "usage",
      `Cannot run "${first}": no such command, need ${known}, or flags of a node (--help)`,
    );
  }
  if (args.includes("--help")) {
    console.log(NODE_USAGE);
    return 0;
  }
  if (args.includes("--version")) {
    console.log(packageJson.version);
    return 0;
  }
  const config = parseNodeConfig(args);
  const run = isInCluster(config) ? runClusterNode : runMaster;
  const outcome = await run(config, interruption());
  return outcome === "interrupted" && config.once ? EXIT_FAILED : 0;
}

/** Resolves at the first Ctrl-C or termination request; a second one ends the program at once. */
function interruption(): Promise<void> {
  return new Promise((resolve) => {
    let asked = 0;
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.on(signal, () => {
        asked += 1;
        if (asked > 1) process.exit(EXIT_FAILED);
        resolve();
      });
    }
  });
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof SkyvoxError)) throw error;
  console.error(messageOf(error));
  process.exitCode = error.code === "usage" ? EXIT_USAGE : EXIT_FAILED;
}

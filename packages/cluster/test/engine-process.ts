/** A process with an engine and a connection of its own, to be killed: prints the engine's process id and address, then waits. */
import { connectNats } from "../src/fabric-nats.ts";
import { NatsServerChild } from "../src/nats-server-child.ts";

const [credentials] = process.argv.slice(2);
if (credentials === undefined) {
  const server = await NatsServerChild.start({ host: "127.0.0.1", program: null });
  console.log(JSON.stringify({ pid: server.pid }));
} else {
  await connectNats({ name: "to be killed", credentials: JSON.parse(credentials), replicas: 1 });
  console.log(JSON.stringify({ pid: process.pid }));
}
process.stdin.resume();

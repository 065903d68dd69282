/**
 * The other process of the bench of scaling: answers every request on one subject with its own bytes.
 *
 * Its standard input brings one line of JSON, the credentials of the engine; it says "ready" when it listens and ends with its input.
 */
import { connectNats } from "@skyvox/cluster";

const lines = console[Symbol.asyncIterator]();
const { value } = await lines.next();
const fabric = await connectNats({ name: "bench echo", credentials: JSON.parse(value ?? ""), replicas: 1 });
fabric.subscribe("bench.echo", (message) => message.respond(message.bytes));
// A request to oneself comes back once the server knows of the subscription.
await fabric.request("bench.echo", new Uint8Array(1), 5000);
console.log("ready");
await lines.next();
await fabric.close();

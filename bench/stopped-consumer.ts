/** A consumer that takes one message and then does nothing, for `pipeline.bench.ts` to stop. Usage: stopped-consumer.ts PATH. */
import { RingConsumer, SharedSegment } from "@skyvox/pipeline";
import { exchangeLayout } from "./ring-exchange.ts";

const segment = SharedSegment.attach(process.argv[2] ?? "", exchangeLayout);
const consumer = new RingConsumer(segment, 0, { policy: "dropOldest" });
process.stdout.write("listening\n");
while (!consumer.takeWait(1000).ok);
process.stdout.write("holding\n");
await new Promise(() => setInterval(() => {}, 1e6));

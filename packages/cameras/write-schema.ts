/** Writes `site.schema.json` anew from the code: `bun run gen` in this package. */
import { siteJsonSchema } from "./src/site.ts";

await Bun.write(`${import.meta.dir}/site.schema.json`, `${JSON.stringify(siteJsonSchema(), null, 2)}\n`);

/** Asks one backend whether it can run here and prints the answer as JSON: a program of its own, since a broken driver may crash it. */
import { askHere, backendNamed } from "./backends.ts";

const answer = await askHere(backendNamed(process.argv[2] ?? ""), { software: process.argv[3] === "software" });
console.log(JSON.stringify(answer.ok ? { ok: true, device: answer.device } : answer));

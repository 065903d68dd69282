/**
 * What each kernel takes of a multiprocessor, as the assembler said when the library was built.
 *
 * A stack frame or a spill means local memory, which is slow: an array that is indexed at run time, or too much kept at once. Within
 * 64 registers a multiprocessor of Turing holds all the threads that it can; Hopper, which the kernels are made for, gets 48.
 */
import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const file = join(import.meta.dir, "..", "build", "usage.txt");
const said = existsSync(file) ? readFileSync(file, "utf8") : null;
const REGISTERS_MAX = 64;
const REGISTERS_MAX_HOPPER = 48;
const ENTRY =
  /Compiling entry function '(\S+)' for 'sm_(\d+)'\n.*\n +(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads\n.*Used (\d+) registers/g;

test.skipIf(said === null)(
  `Every cuda kernel keeps to its registers ${said === null ? "(needs nvcc: the library is not built)" : ""}`,
  () => {
    const kernels = [...(said as string).matchAll(ENTRY)].map(
      ([, name, architecture, stack, stores, loads, registers]) => ({
        name: `${name} for sm_${architecture}`,
        local: Number(stack) + Number(stores) + Number(loads),
        registers: Number(registers),
        registersMax: architecture === "90" ? REGISTERS_MAX_HOPPER : REGISTERS_MAX,
      }),
    );
    expect(kernels.filter(({ local }) => local > 0)).toEqual([]);
    expect(kernels.filter(({ registers, registersMax }) => registers > registersMax)).toEqual([]);
    // None has been overlooked: as many as the assembler began.
    expect(kernels.length).toBe((said as string).split("Compiling entry function").length - 1);
    expect(kernels.length).toBeGreaterThan(50);
  },
);

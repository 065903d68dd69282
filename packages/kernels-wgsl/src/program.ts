/**
 * Programs: WGSL compiled for one device.
 *
 * A program is a few texts made one (`program-sources.ts`), with storage buffers that are bound by the names they have in WGSL and one
 * pipeline per entry point. Names and bindings are read from the text, so that they stand in one place. Parameters are immediate
 * data, set with each dispatch. All programs of a device are compiled once and kept with it.
 */
import { assert, messageOf, SkyvoxError } from "@skyvox/core";
import { type Dawn, IMMEDIATE_WORDS } from "./dawn.ts";
import { type ProgramName, programSources, slotPrograms } from "./program-sources.ts";

/** Threads of a workgroup. Ops share them out so that a thread has at most 32 pixels of a tile, and its sums fit a word. */
export const WORKGROUP = 128;
/** Threads of a workgroup that has one slot: 32 … 256. */
const SLOT_WORKGROUP = 32;
/** Threads of a workgroup that walk a ray each: few, as they rarely end together. */
export const WALKERS = 64;
/** Layers of bricks of a tile that a thread walks: the quarter of the largest, so that four threads share a segment in it. */
const LAYERS_PER_PIECE = 4;
/** Threads that share a segment; in smaller tiles some find nothing to do. */
export const PIECES_PER_SEGMENT = 16 / LAYERS_PER_PIECE;
/** What WebGPU promises along one dimension of a dispatch; more are folded into a second. */
export const GROUPS_MAX = 65_535;

/** One program. */
export interface Program {
  /** Storage buffers by their names in WGSL. */
  readonly bindings: ReadonlyMap<string, number>;
  readonly layout: GPUBindGroupLayout;
  /** By entry point. */
  readonly pipelines: ReadonlyMap<string, GPUComputePipeline>;
}

/** All programs of a device. */
export type Programs = Readonly<Record<ProgramName, Program>>;

/** Returns the programs of a device, compiling them where nobody has asked before. */
export async function programsOf(dawn: Dawn): Promise<Programs> {
  dawn.programs ??= compileAll(dawn.device);
  try {
    return await dawn.programs;
  } catch (error) {
    dawn.programs = null;
    const [reason] = messageOf(error).split("\n");
    throw new SkyvoxError("backend", `Cannot compile the wgsl kernels: ${reason}, need a device that takes them`);
  }
}

async function compileAll(device: GPUDevice): Promise<Programs> {
  const compiled = Object.entries(programSources).map(
    async ([name, texts]) => [name, await compile(device, name, texts.join("\n"))] as const,
  );
  return Object.fromEntries(await Promise.all(compiled)) as Programs;
}

async function compile(device: GPUDevice, name: string, text: string): Promise<Program> {
  const module = device.createShaderModule({ label: name, code: text });
  const storage = [...text.matchAll(STORAGE)];
  const entries = storage.map(([, binding, access]): GPUBindGroupLayoutEntry => {
    const type = access === "read_write" ? "storage" : "read-only-storage";
    return { binding: Number(binding), visibility: GPUShaderStage.COMPUTE, buffer: { type } };
  });
  const layout = device.createBindGroupLayout({ label: name, entries });
  const whole = device.createPipelineLayout({ bindGroupLayouts: [layout], immediateSize: 4 * IMMEDIATE_WORDS });
  const constants = constantsOf(name, text);
  const entryPoints = [...text.matchAll(ENTRY_POINT)].map(([, entryPoint = ""]) => entryPoint);
  assert(entryPoints.length > 0, `program "${name}" has an entry point`);
  const pipelines = entryPoints.map(async (entryPoint) => {
    const compute = { module, entryPoint, constants };
    const label = `${name}.${entryPoint}`;
    return [entryPoint, await device.createComputePipelineAsync({ label, layout: whole, compute })] as const;
  });
  return {
    bindings: new Map(storage.map(([, binding, , variable = ""]) => [variable, Number(binding)])),
    layout,
    pipelines: new Map(await Promise.all(pipelines)),
  };
}

/** The constants that the text of a program leaves open. */
function constantsOf(name: string, text: string): Record<string, number> {
  const all = {
    WORKGROUP: slotPrograms.has(name) ? SLOT_WORKGROUP : WORKGROUP,
    WALKERS,
    GROUPS_MAX,
    LAYERS_PER_PIECE,
  };
  return Object.fromEntries(Object.entries(all).filter(([constant]) => text.includes(`override ${constant}: u32;`)));
}

const STORAGE = /^@group\(0\) @binding\((\d+)\) var<storage, (read|read_write)> (\w+):/gm;
const ENTRY_POINT = /^@compute @workgroup_size\(\w+\)\nfn (\w+)\(/gm;

import { assert } from "@skyvox/core";
import type { DeviceBuffer } from "./buffers.ts";
import type { Program } from "./program.ts";

/** A program with its buffers. */
export interface Bound {
  readonly program: Program;
  readonly group: GPUBindGroup;
}

/** Keeps the bind groups that have been made, as a time step binds what the one before has bound. */
export class BindGroups {
  readonly #device: GPUDevice;
  /** By the ids of the buffers, in order of bindings. */
  readonly #groups = new Map<Program, Map<string, GPUBindGroup>>();

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Binds every storage buffer of a program, by its name in WGSL. */
  bind(program: Program, buffers: Readonly<Record<string, DeviceBuffer>>): Bound {
    let key = "";
    for (const name of program.bindings.keys()) {
      const buffer = buffers[name];
      assert(buffer !== undefined, `"${name}" is bound`);
      key += `${buffer.id} `;
    }
    const known = this.#groups.get(program) ?? new Map<string, GPUBindGroup>();
    this.#groups.set(program, known);
    let group = known.get(key);
    if (group === undefined) {
      // Most belong to cameras and grids that are closed.
      if (known.size >= KEPT_MAX) known.clear();
      const entries = [...program.bindings].map(([name, binding]) => ({
        binding,
        resource: { buffer: buffers[name]!.gpu },
      }));
      group = this.#device.createBindGroup({ layout: program.layout, entries });
      known.set(key, group);
    }
    return { program, group };
  }
}

/** Bind groups kept per program. */
const KEPT_MAX = 512;

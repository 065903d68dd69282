/** What a ring of descriptors says of one frame in the pool beside it. */

/** Names a frame and says how it came there. */
export interface FrameDescriptor {
  readonly slot: number;
  readonly generation: number;
  /** Place of the writer in the segment's table of participants. */
  readonly writer: number;
  /** False: it was written in place. */
  readonly isCopied: boolean;
  /** When its hand-over began, by the clock of the machine. */
  readonly begunNs: bigint;
}

/** Writes a descriptor into a slot of the ring; returns its length in bytes. */
export function writeDescriptor(view: DataView, descriptor: FrameDescriptor): number {
  view.setUint32(0, descriptor.slot, true);
  view.setUint32(4, descriptor.generation, true);
  view.setUint32(8, descriptor.writer, true);
  view.setUint32(12, descriptor.isCopied ? 1 : 0, true);
  view.setBigInt64(16, descriptor.begunNs, true);
  return 24;
}

/** Reads a descriptor; its view is that of a slot of the ring. */
export function readDescriptor(view: DataView): FrameDescriptor {
  return {
    slot: view.getUint32(0, true),
    generation: view.getUint32(4, true),
    writer: view.getUint32(8, true),
    isCopied: view.getUint32(12, true) === 1,
    begunNs: view.getBigInt64(16, true),
  };
}

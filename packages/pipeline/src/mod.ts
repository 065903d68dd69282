/**
 * How bytes move between processes of one machine and between machines.
 *
 * @example
 * ```ts
 * import { RingConsumer, RingProducer, SharedSegment } from "@skyvox/pipeline";
 * using segment = SharedSegment.create([{ kind: "ring", slots: 64, slotBytes: 128 }]);
 * using producer = new RingProducer(segment, 0);
 * using consumer = new RingConsumer(segment, 0, { policy: "dropOldest" });
 * const slot = producer.claim();
 * if (slot.ok) slot.view.setFloat64(0, 42);
 * producer.commit(8);
 * const taken = consumer.take();
 * if (taken.ok) taken.view.getFloat64(0); // 42
 * consumer.release();
 * ```
 * @module
 */
export { ChecksumFill, type ChecksumFillOptions, type ChecksumKind, checksumOf } from "./checksum.ts";
export {
  chooseLink,
  type LinkCapabilities,
  type LinkCapability,
  type LinkChoice,
  type LinkPurpose,
  probeLinks,
} from "./choose-link.ts";
export { DataPipeline, type PipelineStatistics, type RingBufferPlace } from "./data-pipeline.ts";
export type {
  FrameConsumerOptions,
  FrameConsumerStatistics,
  FrameMetadata,
  HeldFrame,
} from "./frame-consumer.ts";
export {
  type FrameGone,
  FramePool,
  FrameReader,
  type PoolBusy,
  type PoolCounters,
  type ReaderCounters,
  type ReaderOptions,
} from "./frame-pool.ts";
export type { FrameProducerStatistics, WriteOutcome } from "./frame-producer.ts";
export type { FrameSlot, FrameWords } from "./frame-slot.ts";
export {
  DESCRIPTION_BYTES_MAX,
  type Delivery,
  type DropReason,
  type Link,
  type LinkAccept,
  type LinkHandlers,
  type LinkKind,
  type LinkStatistics,
  type LinkTraits,
  type Offer,
  type ReceivedMessage,
  type SendOutcome,
  type TransferSource,
  type TransferView,
} from "./link.ts";
export type { ConnectOptions, EndOptions, ListenOptions } from "./link-address.ts";
export { ChecksumError, LinkError, type LinkFault } from "./link-error.ts";
export { connectShm, type ShmEndOptions, ShmListener } from "./link-shm.ts";
export type { SharedPool } from "./link-slots.ts";
export { connectTcp, TcpListener } from "./link-tcp.ts";
export { connectUcx, UcxListener } from "./link-ucx.ts";
export { connectUdp, UdpListener } from "./link-udp.ts";
export { machineClock } from "./machine-clock.ts";
export { type CameraPoolSpec, cameraLayout, fitPools, type PoolMemory, poolMemory } from "./pool-memory.ts";
export {
  type ConsumerOptions,
  RingConsumer,
  type RingEmpty,
  type RingFull,
  type RingPolicy,
  RingProducer,
  type RingSlot,
} from "./ring.ts";
export type { RingCounters } from "./ring-counters.ts";
export { descriptorRing, layoutBytes, type SegmentLayout, type SegmentPart } from "./segment-layout.ts";
export { type PartPlace, type ReapReport, SharedSegment, sweepSegments } from "./shared-segment.ts";

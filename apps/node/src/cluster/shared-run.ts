/**
 * Runs a site together with other nodes: each observes the cameras allocated to it, the leader makes tracks of what all saw.
 *
 * Whoever leads gives the frame sets out as tasks, keeps the tracks and publishes each step: detections and tracks (`leadership.ts`). All
 * others follow: they show what the leader published and run their own trackers on it, so that any of them can go on (`track-ids.ts`).
 * An observation goes out under the epoch its node obeys and counts for the leader of that epoch only; a step counts only under the
 * latest epoch.
 */
import type { FrameSet, Site } from "@skyvox/cameras";
import type { Owner } from "@skyvox/cluster";
import { type CameraId, SkyvoxError, type TrackUpdate } from "@skyvox/core";
import type { PolicyName } from "@skyvox/processor";
import { MessageError } from "@skyvox/protocol";
import type { Selection } from "../kernel-choice.ts";
import type { ShownRun } from "../live-view.ts";
import type { NodeState } from "../node-state.ts";
import type { TimedPicture } from "../shrink.ts";
import type { Timeline } from "../timeline.ts";
import { wallMs } from "../wall-clock.ts";
import type { WorkerSaying } from "../worker-process.ts";
import { CameraFigures } from "./camera-figures.ts";
import type { ClusterMember } from "./cluster-member.ts";
import { FrameSetHall, senderOf } from "./frame-set-hall.ts";
import { Leadership } from "./leadership.ts";
import { decodeStep, encodeStep, type Lead, leadSchema, type NodeCard, subjects } from "./line-messages.ts";
import { decodeAnswer, type EnvelopedObservation } from "./line-task.ts";
import { unpackParcel } from "./parcel.ts";
import { answerPictures, askForPicture } from "./pictures.ts";
import { WorkerKeeper } from "./worker-keeper.ts";

/** What is run, and who hears of it. */
export interface SharedRunOptions {
  readonly site: Site;
  readonly siteDirectory: string;
  readonly siteSha256: string;
  readonly selection: Selection;
  readonly state: NodeState;
  readonly member: () => ClusterMember;
  /** Called after each frame set that this node published, with all track updates of it, ordered by id. */
  readonly onTracks: (timeNs: bigint, updates: readonly TrackUpdate[]) => void;
  readonly onNotice: (line: string) => void;
}

/** Cameras are observed on for so long after the last grant: the next leader will most likely leave them here. */
const LINGER_MS = 3000;
const LOOK_MS = 25;

/** See the head of this file. Owns the worker process. */
export class SharedRun implements AsyncDisposable, ShownRun {
  /** Workers of a cluster read their sources themselves. */
  readonly frames = null;
  readonly profile = "balanced";
  readonly cameraProcessId = null;
  readonly spareProcessId = null;
  readonly #options: SharedRunOptions;
  readonly #worker: WorkerKeeper;
  readonly #figures: CameraFigures;
  readonly #hall: FrameSetHall | null = null;
  readonly #stack = new AsyncDisposableStack();
  readonly #broken = Promise.withResolvers<never>();
  readonly #cannotOpen = new Map<CameraId, string>();
  readonly #refused = { observations: 0, steps: 0, unreadable: 0 };
  #leadership: Leadership | null = null;
  #lead: Lead | null = null;
  #timeline: Timeline | null = null;
  #isFindingStart = false;
  #granted: readonly CameraId[] = [];
  #grantedMs = Number.NEGATIVE_INFINITY;
  #watched = "";
  #epoch = 0;
  #lastStepNs: bigint | null = null;
  #policy: PolicyName = "weighted";
  /** Names the worker's process in its envelopes. */
  #sender: bigint | null = null;

  constructor(options: SharedRunOptions, { mayLead }: { readonly mayLead: boolean }) {
    this.#options = options;
    const { site, siteDirectory, selection, state } = options;
    this.#figures = new CameraFigures(site);
    if (mayLead) this.#hall = this.#stack.use(new FrameSetHall(site, (set) => this.#giveOut(set)));
    this.#broken.promise.catch(() => undefined);
    this.#worker = this.#stack.use(
      new WorkerKeeper({
        ...{ site, siteDirectory, selection },
        onServing: (device) => {
          state.opened(device);
          this.#watch(true);
          if (this.#isFindingStart) this.#worker.tell({ type: "find-start" });
        },
        onReplaced: (next, notice) => {
          state.takenOver(next);
          options.onNotice(notice);
        },
        onMessage: (message) => this.#hearWorker(message),
      }),
    );
    this.#worker.broken.catch((error: unknown) => this.#broken.reject(error));
  }

  /** Resolves when the worker serves; only then this node should join. */
  get serving(): Promise<void> {
    return Promise.race([this.#worker.serving, this.broken]);
  }

  /** Rejects with a SkyvoxError when this node cannot go on. */
  get broken(): Promise<never> {
    return this.#broken.promise;
  }

  /** Listens to the other nodes, from when the fabric is at home. */
  start(): void {
    const { fabric, self } = this.#options.member().options;
    const listen = (subject: string, handler: (bytes: Uint8Array, subject: string) => void) =>
      this.#stack.use(fabric.subscribe(subject, ({ bytes, subject }) => handler(bytes, subject)));
    listen(subjects.lead, (bytes) => this.#hearLead(bytes));
    listen(subjects.step, (bytes) => this.#hearStep(bytes));
    listen(subjects.task(self), (bytes) => this.#worker.tell({ type: "task", bytes }));
    this.#stack.use(this.#figures.listen(fabric, self));
    if (this.#hall !== null) listen(subjects.observations, (bytes, subject) => this.#hearObservation(bytes, subject));
    this.#stack.use(answerPictures(fabric, self, (camera, widthPx) => this.#worker.snapshot(camera, widthPx)));
    const timer = setInterval(() => this.#look(), LOOK_MS);
    this.#stack.defer(() => clearInterval(timer));
  }

  /** The term of office this node holds; null where it does not lead. */
  get leadership(): Leadership | null {
    return this.#leadership;
  }

  /** The latest epoch this node knows of; 0 before the first. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Resolves when another node was heard to lead under an epoch after this one. */
  async nextLeader(epoch: number): Promise<void> {
    while ((this.#lead?.epoch ?? 0) <= epoch) await Bun.sleep(LOOK_MS);
  }

  /** What the leader decided last; null before the first. */
  get lead(): Lead | null {
    return this.#leadership?.lead() ?? this.#lead;
  }

  /** How tasks are placed, in this term of office and the next. */
  get policy(): PolicyName {
    return this.#policy;
  }

  set policy(policy: PolicyName) {
    this.#policy = policy;
    this.#leadership?.desk.setPolicy(policy);
  }

  /** What this node's card says of its work. */
  get card(): Pick<NodeCard, "cameras" | "cannotOpen" | "worker"> {
    return {
      cameras: [...this.#watchedNow()],
      cannotOpen: [...this.#cannotOpen].map(([id, why]) => ({ cameraId: id, why })),
      worker: this.#worker.facts,
    };
  }

  get opened(): boolean {
    return this.#worker.facts.state === "running";
  }

  get workerProcessId(): number {
    return this.#worker.processId;
  }

  /** What was refused since the start. */
  get refused(): Readonly<Record<"observations" | "steps" | "unreadable", number>> {
    return {
      ...this.#refused,
      unreadable: this.#refused.unreadable + this.#figures.unreadable + (this.#hall?.unreadable ?? 0),
    };
  }

  takeOffice({ epoch }: Owner): void {
    const { site, siteSha256, state, onTracks, member, onNotice } = this.#options;
    const { fabric, self } = member().options;
    this.#leadership?.[Symbol.dispose]();
    this.#epoch = epoch;
    this.#leadership = new Leadership({
      ...{ epoch, member: member(), site, siteSha256, policy: this.#policy, timeline: () => this.#timeline },
      sendTask: (nodeId, bytes) => {
        if (nodeId === self) this.#worker.tell({ type: "task", bytes });
        else fabric.publish(subjects.task(nodeId), bytes);
      },
      onFrameSet: (message) => {
        if (this.#lastStepNs !== null && message.timeNs <= this.#lastStepNs) return;
        this.#lastStepNs = message.timeNs;
        const updates = state.frameSet(message);
        fabric.publish(subjects.step, encodeStep({ epoch, set: message, updates }));
        this.#attempt(() => onTracks(message.timeNs, updates));
      },
      onHung: (nodeId, why) => {
        onNotice(`the worker of "${nodeId}" is given up: ${why}`);
        if (nodeId === self) this.#worker.restart();
      },
    });
    if (this.#timeline !== null || this.#isFindingStart) return;
    this.#isFindingStart = true;
    this.#worker.tell({ type: "find-start" });
  }

  leaveOffice(): void {
    this.#lead = this.#leadership?.lead() ?? this.#lead;
    this.#leadership?.[Symbol.dispose]();
    this.#leadership = null;
  }

  /** Cameras this node may use from now on. */
  grant(cameras: readonly CameraId[]): void {
    this.#granted = cameras;
    this.#grantedMs = performance.now();
    this.#watch(false);
  }

  /** Whoever observed these cameras is gone. */
  silence(cameras: readonly CameraId[]): void {
    this.#hall?.silence(cameras);
  }

  /** Somebody came or went. */
  noteNodes(): void {
    this.#leadership?.noteNodes();
  }

  async snapshot(camera: CameraId, widthPx: number): Promise<TimedPicture | null> {
    const { fabric, self } = this.#options.member().options;
    const holder = this.#figures.nodeOf(camera);
    if (holder === null) return null;
    if (holder === self) return await this.#worker.snapshot(camera, widthPx);
    return await askForPicture(fabric, holder, { camera, widthPx });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#leadership?.[Symbol.dispose]();
    await this.#stack.disposeAsync();
  }

  #look(): void {
    const { master } = this.#options.member().status;
    if (master !== null && master.epoch > this.#epoch) this.#epoch = master.epoch;
    if (performance.now() - this.#grantedMs > LINGER_MS && this.#granted.length > 0) {
      this.#granted = [];
      this.#watch(false);
    }
  }

  #watchedNow(): readonly CameraId[] {
    return this.#timeline === null ? [] : this.#granted;
  }

  /** Tells the worker what to observe, where that has changed or the worker is new. */
  #watch(isNew: boolean): void {
    if (this.#timeline === null) return;
    const text = this.#granted.join("\n");
    if (text === this.#watched && !isNew) return;
    this.#watched = text;
    this.#worker.tell({ type: "watch", cameras: this.#granted, timeline: this.#timeline });
  }

  #setTimeline(timeline: Timeline): void {
    const isNew = this.#timeline?.startNs !== timeline.startNs || this.#timeline.startWallMs !== timeline.startWallMs;
    if (!isNew) return;
    if (this.#timeline !== null) this.#worker.tell({ type: "watch", cameras: [], timeline });
    this.#timeline = timeline;
    this.#hall?.setTimeline(timeline);
    this.#watch(true);
  }

  #giveOut(set: FrameSet<EnvelopedObservation>): void {
    if (this.#lastStepNs !== null && set.timeNs <= this.#lastStepNs) return;
    this.#leadership?.desk.submit(set);
  }

  #hearWorker(message: WorkerSaying): void {
    const { fabric, self } = this.#options.member().options;
    switch (message.type) {
      case "observation":
        this.#sender = senderOf(message.bytes);
        this.#hall?.take(message.bytes);
        if (this.#epoch > 0) fabric.publish(subjects.observation(this.#epoch), message.bytes);
        break;
      case "answer": {
        const replyTo = decodeAnswer(message.bytes)?.replyTo;
        if (replyTo === self) this.#leadership?.answer(message.bytes);
        else if (replyTo !== undefined) fabric.publish(subjects.answer(replyTo), message.bytes);
        break;
      }
      case "start-found":
        this.#isFindingStart = false;
        if (this.#timeline === null) this.#setTimeline({ startNs: message.startNs, startWallMs: wallMs() });
        this.#leadership?.sayLead();
        break;
      case "cannot-open":
        this.#cannotOpen.set(message.cameraId, message.why);
        this.#options.onNotice(message.why);
        break;
      case "cameras":
        this.#figures.tell(fabric, self, message.cameras);
        this.#options.state.camerasReport(
          this.#figures.reports((camera) => this.#hall?.counts(camera) ?? { late: 0, missing: 0 }),
        );
        break;
      case "voxels":
        this.#options.state.voxelsReport(message);
        break;
      case "notice":
        this.#options.onNotice(message.line);
        break;
      default:
        break;
    }
  }

  #hearLead(bytes: Uint8Array): void {
    const lead = unpackParcel(bytes, leadSchema)?.header;
    if (lead === undefined) {
      this.#refused.unreadable += 1;
      return;
    }
    const { self } = this.#options.member().options;
    if (lead.nodeId === self || lead.epoch < this.#epoch) return;
    if (lead.siteSha256 !== this.#options.siteSha256) {
      const found = `"${lead.nodeId}", which leads, runs another site`;
      this.#broken.reject(
        new SkyvoxError("site", `Cannot go on in this cluster: ${found}, need the same --site at every node`),
      );
      return;
    }
    this.#epoch = lead.epoch;
    this.#lead = lead;
    if (lead.timeline !== null) this.#setTimeline(lead.timeline);
  }

  #hearStep(bytes: Uint8Array): void {
    const step = this.#readStep(bytes);
    if (step === null) {
      this.#refused.unreadable += 1;
      return;
    }
    // What this node publishes comes back to it.
    if (this.#leadership?.epoch === step.epoch) return;
    if (step.epoch < this.#epoch) {
      this.#refused.steps += 1;
      return;
    }
    this.#epoch = step.epoch;
    if (this.#lastStepNs !== null && step.set.timeNs <= this.#lastStepNs) return;
    this.#lastStepNs = step.set.timeNs;
    this.#options.state.frameSet(step.set, step.updates);
  }

  #readStep(bytes: Uint8Array): ReturnType<typeof decodeStep> {
    try {
      return decodeStep(bytes);
    } catch (error) {
      if (error instanceof MessageError) return null;
      throw error;
    }
  }

  #hearObservation(bytes: Uint8Array, subject: string): void {
    // What this node's worker saw comes back to it.
    if (senderOf(bytes) === this.#sender) return;
    const epoch = Number(subject.slice(subject.lastIndexOf(".") + 1));
    if (epoch < (this.#leadership?.epoch ?? 0)) this.#refused.observations += 1;
    else this.#hall?.take(bytes);
  }

  #attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#broken.reject(error);
    }
  }
}

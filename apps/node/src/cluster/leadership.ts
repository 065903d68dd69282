/**
 * One term of office of a leader: it tells the cluster which cameras there are, gives frame sets out as tasks and makes tracks of what is
 * found.
 */
import type { FrameSet, Site } from "@skyvox/cameras";
import { SkyvoxError, systemAlarmClock } from "@skyvox/core";
import type { PolicyName } from "@skyvox/processor";
import { type Timeline, wallMsAt } from "../timeline.ts";
import type { FrameSetMessage } from "../worker-messages.ts";
import { cameraDemands } from "./camera-demands.ts";
import type { ClusterMember } from "./cluster-member.ts";
import { encodeLead, type Lead, siteParcel, subjects } from "./line-messages.ts";
import { decodeAnswer, type EnvelopedObservation, type Finding } from "./line-task.ts";
import { TaskDesk } from "./task-desk.ts";

/** What a term of office is about. */
export interface LeadershipOptions {
  readonly epoch: number;
  readonly member: ClusterMember;
  readonly site: Site;
  readonly siteSha256: string;
  readonly policy: PolicyName;
  /** Null until it is known. */
  readonly timeline: () => Timeline | null;
  /** Hands a task to a node's worker. */
  readonly sendTask: (nodeId: string, bytes: Uint8Array) => void;
  /** Called in order of time with what became of a frame set. */
  readonly onFrameSet: (message: FrameSetMessage) => void;
  readonly onHung: (nodeId: string, why: string) => void;
}

/** How often what the leader decided is said again. */
const LEAD_MS = 250;
/** How long cameras may take to be allocated before it is told that they are not. */
const ALLOCATE_MS_MAX = 10_000;

/** See the head of this file. */
export class Leadership implements Disposable {
  readonly desk: TaskDesk;
  readonly #options: LeadershipOptions;
  readonly #stack = new DisposableStack();
  #demands = "";

  constructor(options: LeadershipOptions) {
    this.#options = options;
    const { epoch, member, site } = options;
    const { fabric, self } = member.options;
    this.desk = this.#stack.use(
      new TaskDesk({
        ...{ epoch, self, clock: systemAlarmClock, policy: options.policy },
        send: options.sendTask,
        onFinding: (set, finding) => this.#publish(set, finding),
        onHung: options.onHung,
      }),
    );
    this.#stack.use(fabric.subscribe(subjects.answer(self), ({ bytes }) => this.answer(bytes)));
    this.#stack.use(fabric.subscribe(subjects.site, ({ respond }) => respond(siteParcel(site))));
    const timer = setInterval(() => this.sayLead(), LEAD_MS);
    this.#stack.defer(() => clearInterval(timer));
    this.noteNodes();
    this.sayLead();
  }

  get epoch(): number {
    return this.#options.epoch;
  }

  /** Takes what a worker answered. */
  answer(bytes: Uint8Array): void {
    const answer = decodeAnswer(bytes);
    if (answer !== null) this.desk.answer(answer);
  }

  /** Looks who is here now: which workers there are for tasks, and which cameras each node can open. */
  noteNodes(): void {
    const { member, site } = this.#options;
    const cards = member.cardsHere();
    this.desk.setWorkers(
      cards.flatMap(({ nodeId, worker: { state, processId } }) =>
        state === "running" && processId !== null ? [{ nodeId, processId }] : [],
      ),
    );
    const demands = cameraDemands(site, cards);
    const text = JSON.stringify(demands);
    if (text === this.#demands) return;
    this.#demands = text;
    member.cluster.allocateCameras(demands, ALLOCATE_MS_MAX).catch((error: unknown) => {
      // A leader that is replaced meanwhile allocates nothing any more.
      if (!(error instanceof SkyvoxError)) throw error;
    });
  }

  /** Tells all what this leader decided. */
  sayLead(): void {
    this.#options.member.options.fabric.publish(subjects.lead, encodeLead(this.lead()));
  }

  /** What this leader decided. */
  lead(): Lead {
    const { epoch, member, siteSha256, timeline } = this.#options;
    const { placements, unplaced, loads } = member.status;
    return {
      ...{ epoch, nodeId: member.options.self, siteSha256, timeline: timeline() },
      placements: [...placements],
      unplaced: [...unplaced],
      loads: [...loads].map(([nodeId, load]) => ({ nodeId, load })),
    };
  }

  [Symbol.dispose](): void {
    this.#stack.dispose();
  }

  #publish(set: FrameSet<EnvelopedObservation>, finding: Finding): void {
    const timeline = this.#options.timeline();
    const latestNs = set.members.reduce((last, { captureNs }) => (captureNs > last ? captureNs : last), set.timeNs);
    const { timeNs, detections, rayCount, observeMs, reconstructMs } = finding;
    const capturedWallMs = timeline === null ? null : wallMsAt(timeline, latestNs);
    this.#options.onFrameSet({
      ...{ type: "frameSet", timeNs, detections, views: null, rayCount, capturedWallMs, observeMs, reconstructMs },
    });
  }
}

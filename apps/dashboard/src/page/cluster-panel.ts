/**
 * The cluster: one line on top that is always there, and a section over the scene with nodes, links, cameras and what happened.
 *
 * A node that is alone says so in one line and shows no tables.
 */
import type { Actions, Choices } from "./choices.ts";
import { ClusterFeed } from "./cluster-feed.ts";
import {
  clockText,
  headline,
  isAlone,
  linkLines,
  nodeLines,
  placementLines,
  summary,
  type TableLine,
} from "./cluster-lines.ts";
import { byId, element, setAttribute, setText } from "./element.ts";
import { RowTable } from "./row-table.ts";

/** The line and the section. */
export class ClusterPanel implements Disposable {
  private readonly feed = new ClusterFeed();
  private readonly nodes = new RowTable(byId("cluster-nodes"));
  private readonly links = new RowTable(byId("cluster-links"));
  private readonly cameras = new RowTable(byId("cluster-cameras"));
  private readonly events = new RowTable(byId("cluster-events"));
  private written = "";

  constructor(actions: Actions) {
    byId("cluster-open").addEventListener("click", () => actions.toggleCluster());
    byId("cluster-close").addEventListener("click", () => actions.toggleCluster());
  }

  /** Asks and writes; called about ten times a second. */
  update(choices: Choices, nowMs: number): void {
    const { feed } = this;
    feed.poll(nowMs, choices.cluster);
    byId("cluster").hidden = !choices.cluster;
    setAttribute(byId("cluster-open"), "aria-expanded", String(choices.cluster));
    const news = feed.news(nowMs);
    const { picture } = feed;
    byId("cluster-open").hidden = picture === null;
    setAttribute(byId("cluster-open"), "data-state", news || picture?.cluster.leader === null ? "news" : "calm");
    setText(byId("cluster-line"), news?.text ?? (picture ? headline(picture) : ""));
    if (!choices.cluster || this.written === String(feed.changes)) return;
    this.written = String(feed.changes);
    this.write();
  }

  [Symbol.dispose](): void {
    this.feed[Symbol.dispose]();
  }

  private write(): void {
    const { picture, events } = this.feed;
    if (!picture) return;
    const { cluster, nodes, workers, allocation, topology } = picture;
    const alone = isAlone(picture);
    setText(byId("cluster-summary"), summary(picture));
    byId("cluster-tables").hidden = alone && !events.some(({ nodeId }) => nodeId !== null && nodeId !== cluster.nodeId);
    for (const id of ["cluster-part-nodes", "cluster-part-links", "cluster-part-cameras"]) byId(id).hidden = alone;
    this.writeLimits(alone ? cluster.fabric.limits.slice(1) : cluster.fabric.limits);
    this.nodes.write(nodeLines(nodes, workers, allocation.loads));
    this.links.write(linkLines(topology));
    this.cameras.write(placementLines(allocation));
    this.events.write(
      events.map(
        ({ id, timeMs, type, text }): TableLine => ({
          key: String(id),
          state: type,
          cells: [clockText(timeMs), type.replace("-", " "), text],
        }),
      ),
    );
    byId("cluster-no-events").hidden = events.length > 0;
  }

  private writeLimits(limits: readonly string[]): void {
    const list = byId("cluster-limits");
    list.hidden = limits.length === 0;
    const shown = [...list.children].map(({ textContent }) => textContent);
    if (shown.join("\n") === limits.join("\n")) return;
    list.replaceChildren(...limits.map((text) => element("li", { text })));
  }
}

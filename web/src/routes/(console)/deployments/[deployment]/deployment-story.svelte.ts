import type { DeploymentView } from "@appos/shared/deployments";
import type { Entry } from "@appos/shared/jobs";
import { api } from "#lib/api.ts";
import { openEventStream } from "#lib/event-stream.ts";

const FLUSH_MS = 60;

/** What a deployment says, from its first entry to its end: each entry once and in order, however often the stream breaks. */
export class DeploymentStory {
  entries = $state.raw<Entry[]>([]);
  /** Everything has been said. */
  told = $state(false);
  broken = $state(false);
  #lastSeq = 0;
  #fresh: Entry[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Returns how to stop. */
  listen(deploymentId: string, onstatus: (deployment: DeploymentView) => void): () => void {
    this.entries = [];
    this.#fresh = [];
    this.#lastSeq = 0;
    this.told = this.broken = false;
    const close = openEventStream({
      url: () => api.deployments.entriesUrl(deploymentId, this.#lastSeq),
      on: {
        entry: (data) => this.#add(data as Entry),
        deployment: (data) => {
          this.#flush();
          onstatus(data as DeploymentView);
        },
        end: () => {
          close();
          this.#flush();
          this.told = true;
        },
      },
      onOpen: () => (this.broken = false),
      onBroken: () => (this.broken = true),
    });
    return () => {
      clearTimeout(this.#timer);
      close();
    };
  }

  #add(entry: Entry) {
    if (entry.seq <= this.#lastSeq) return;
    this.#lastSeq = entry.seq;
    this.#fresh.push(entry);
    this.#timer ??= setTimeout(() => this.#flush(), FLUSH_MS);
  }

  #flush() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#fresh.length) this.entries = [...this.entries, ...this.#fresh];
    this.#fresh = [];
  }
}

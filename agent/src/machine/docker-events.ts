import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import { openStream } from "./docker-client.ts";
import type { Engine } from "./machine.ts";

/** What changes nothing that anyone is shown. */
const quiet = /^(exec_|attach|resize|top|archive-path|extract-to-dir|export|commit|copy)/;
/** A container is told to end, or has ended. */
const ends = /^(kill|die)$/;
const AGAIN_MS = 1_000;
const AGAIN_AT_MOST_MS = 15_000;

/** Every app's container has it, also one that was adopted. */
const PROJECT = "com.docker.compose.project";

type Adopted = () => Promise<{ project: string; appId: string }[]>;
type OnChange = Parameters<Engine["watch"]>[0];

interface DockerEvent {
  Action?: string;
  Actor?: { ID?: string; Attributes?: Record<string, string> };
}

/** Listens to the engine's events, and again whenever it comes back. */
export async function watchContainers(docker: Docker, adopted: Adopted, onChange: OnChange, signal: AbortSignal) {
  const query = { filters: JSON.stringify({ type: ["container"], label: [PROJECT] }) };
  for (let wait = AGAIN_MS; !signal.aborted; wait = Math.min(wait * 2, AGAIN_AT_MOST_MS)) {
    const stream = await openStream(docker, "/events", query, signal).catch(() => undefined);
    if (stream) {
      wait = AGAIN_MS;
      // Whatever happened while nobody listened.
      onChange(null);
      await hear(stream, adopted, onChange);
      if (!signal.aborted) onChange(null);
    }
    await sleep(wait, undefined, { signal }).catch(() => undefined);
  }
}

async function hear(stream: NodeJS.ReadableStream, adopted: Adopted, onChange: OnChange) {
  try {
    for await (const line of createInterface({ input: stream })) {
      const { Action = "", Actor } = JSON.parse(line) as DockerEvent;
      if (quiet.test(Action)) continue;
      const { [PROJECT]: project, "appos.app": label } = Actor?.Attributes ?? {};
      const appId = label ?? (await adopted()).find((each) => each.project === project)?.appId;
      if (appId) onChange(appId, ends.test(Action) ? Actor?.ID : undefined);
    }
  } catch {
    // The engine went away.
  }
}

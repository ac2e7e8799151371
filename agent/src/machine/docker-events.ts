import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import { openStream } from "./docker-client.ts";

/** What changes nothing that anyone is shown. */
const quiet = /^(exec_|attach|resize|top|archive-path|extract-to-dir|export|commit|copy)/;
const AGAIN_MS = 1_000;
const AGAIN_AT_MOST_MS = 15_000;

interface DockerEvent {
  Action?: string;
  Actor?: { Attributes?: Record<string, string> };
}

/** Listens to the engine's events, and again whenever it comes back. */
export async function watchContainers(docker: Docker, onChange: (appId: string | null) => void, signal: AbortSignal) {
  const query = { filters: JSON.stringify({ type: ["container"], label: ["appos.app"] }) };
  for (let wait = AGAIN_MS; !signal.aborted; wait = Math.min(wait * 2, AGAIN_AT_MOST_MS)) {
    const stream = await openStream(docker, "/events", query, signal).catch(() => undefined);
    if (stream) {
      wait = AGAIN_MS;
      // Whatever happened while nobody listened.
      onChange(null);
      await hear(stream, onChange);
      if (!signal.aborted) onChange(null);
    }
    await sleep(wait, undefined, { signal }).catch(() => undefined);
  }
}

async function hear(stream: NodeJS.ReadableStream, onChange: (appId: string | null) => void) {
  try {
    for await (const line of createInterface({ input: stream })) {
      const { Action = "", Actor } = JSON.parse(line) as DockerEvent;
      const appId = Actor?.Attributes?.["appos.app"];
      if (appId && !quiet.test(Action)) onChange(appId);
    }
  } catch {
    // The engine went away.
  }
}

import { LogLine, type LogQuery } from "@appos/shared/logs";
import type { Ports } from "../../ports.ts";
import type { AppService } from "../apps/service.ts";

export type LogService = ReturnType<typeof logService>;

/** Logs stay on the server; they are read through its agent. */
export function logService({ rooms }: Ports, apps: AppService) {
  return {
    /** The lines as they come, as many at a time as come together; ends when the agent has no more, or the reader cancels. Throws SERVER_AWAY. */
    async lines(idOrName: string, { service, tail, since, follow }: LogQuery): Promise<ReadableStream<LogLine[]>> {
      const { id, name, serverId } = await apps.find(idOrName);
      const only = { ...(service !== undefined && { service }), ...(since !== undefined && { since }) };
      const bytes = await rooms.open(serverId, "logs", { appId: id, name, tail, follow: follow === "1", ...only });
      return bytes.pipeThrough(jsonLines());
    },
  };
}

/** An agent cuts lines long before this. */
const LINE_LENGTH = 256 * 1024;

/** Bytes to the lines they spell, together as they came; a line that is none of ours is left out. */
function jsonLines(): TransformStream<Uint8Array, LogLine[]> {
  const decoder = new TextDecoder();
  let rest = "";
  return new TransformStream({
    transform(bytes, controller) {
      const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
      rest = lines.pop()!;
      if (rest.length > LINE_LENGTH) return controller.error(new Error("A line of this log is too long"));
      const ours = lines.flatMap((line) => LogLine.safeParse(parsed(line)).data ?? []);
      if (ours.length > 0) controller.enqueue(ours);
    },
  });
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

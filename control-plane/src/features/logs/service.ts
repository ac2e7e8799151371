import { type LogDownloadQuery, LogLine, LogNote, type LogQuery, servicesIn } from "@appos/shared/logs";
import type { Ports } from "../../ports.ts";
import type { AppService } from "../apps/service.ts";

export type LogService = ReturnType<typeof logService>;
export type LogLines = ReadableStream<(LogLine | LogNote)[]>;

/** Logs stay on the server; they are read, and searched, by its agent. */
export function logService({ rooms }: Ports, apps: AppService) {
  async function read(
    idOrName: string,
    query: LogDownloadQuery,
    { tail, follow, whole }: { tail: number; follow: boolean; whole: boolean },
  ) {
    const { id, name, serverId } = await apps.find(idOrName);
    const { service, ...wanted } = query;
    const [only, ...more] = servicesIn(service) ?? [];
    const services = more.length > 0 ? { services: [only!, ...more] } : only === undefined ? {} : { service: only };
    const bytes = await rooms.open(serverId, "logs", {
      appId: id,
      name,
      ...defined(wanted),
      ...services,
      tail,
      follow,
      ...(whole && { whole }),
    });
    return { app: name, lines: bytes.pipeThrough(jsonLines()) };
  }

  return {
    /** The lines as they come, as many at a time as come together; ends when the agent has no more, or the reader cancels. Throws SERVER_AWAY. */
    async lines(idOrName: string, { tail, follow, ...query }: LogQuery): Promise<LogLines> {
      return (await read(idOrName, query, { tail, follow: follow === "1", whole: false })).lines;
    },
    /** All of them, however many, from the oldest on. */
    whole: (idOrName: string, query: LogDownloadQuery) => read(idOrName, query, { tail: 0, follow: false, whole: true }),
  };
}

const defined = <T extends object>(values: T) =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as { [K in keyof T]: Exclude<T[K], undefined> };

/** An agent cuts lines long before this. */
const LINE_LENGTH = 256 * 1024;

/** Bytes to the lines they spell, together as they came; a line that is none of ours is left out. */
function jsonLines(): TransformStream<Uint8Array, (LogLine | LogNote)[]> {
  const decoder = new TextDecoder();
  let rest = "";
  return new TransformStream({
    transform(bytes, controller) {
      const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
      rest = lines.pop()!;
      if (rest.length > LINE_LENGTH) return controller.error(new Error("A line of this log is too long"));
      const ours = lines.flatMap((line) => said(parsed(line)) ?? []);
      if (ours.length > 0) controller.enqueue(ours);
    },
  });
}

const said = (value: unknown) => LogLine.safeParse(value).data ?? LogNote.safeParse(value).data;

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

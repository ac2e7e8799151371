import { servicesOf } from "@appos/shared/compose-lint/model";
import { listenedPorts } from "@appos/shared/compose-lint/ports";
import { parse } from "yaml";
import { AppError } from "../../errors.ts";

export interface ComposeService {
  name: string;
  /** Those that it says it listens on. */
  ports: number[];
}

/** The services that a compose file names itself; undefined where it cannot be told without Compose. */
export function composeServices(text: string): ComposeService[] | undefined {
  try {
    const file: unknown = parse(text, { merge: true, maxAliasCount: 1_000, uniqueKeys: false });
    if (!isMap(file) || !isMap(file["services"]) || "include" in file) return undefined;
    return servicesOf(file).map(({ name, definition }) => ({ name, ports: listenedPorts(definition) }));
  } catch {
    return undefined;
  }
}

const isMap = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

/** `there`: undefined where only its server can tell. */
export function checkService(service: string, there: ComposeService[] | undefined, app: string, path = "service") {
  if (!there || there.some(({ name }) => name === service)) return;
  const message = `${app} has no service ${service}. It has ${there.map(({ name }) => name).join(", ")}.`;
  throw new AppError("INVALID_REQUEST", message, [{ path, message }]);
}

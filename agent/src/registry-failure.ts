import type { JobError } from "@appos/shared/jobs";
import { HUB } from "@appos/shared/registries";
import { againIn, troubleIn } from "./commands/registry-words.ts";
import { JobFailure } from "./jobs/job-failure.ts";

/** The registry that was asked, and who asked. */
interface Asked {
  host: string;
  /** The user of the login it was shown; undefined where it was shown none. */
  username: string | undefined;
  /** What was asked for, as a sentence can begin with it. */
  what: string;
}

/** What a registry's refusal means, and what to do about it; undefined where it is about something else. */
export function registryFailure(words: string, { host, username, what }: Asked, details?: JobError["details"]): JobFailure | undefined {
  const name = host === HUB ? "Docker Hub" : `The registry ${host}`;
  const said = `Docker said: ${words}`;
  switch (troubleIn(words)) {
    case "unauthorized": {
      const why =
        username === undefined
          ? `${what}: ${name} wants a login, and AppOS has none for it. Add one under Settings, Registries, with the host ${host}.`
          : `${what}: ${name} refuses the login of ${username}. Its password may be wrong or expired, or ${username} may not read this image. Change it under Settings, Registries.`;
      return new JobFailure("REGISTRY_UNAUTHORIZED", `${why} ${said}`, details);
    }
    case "rate-limit":
      return new JobFailure("REGISTRY_RATE_LIMITED", `${what}: ${limited(name, host, username, againIn(words))} ${said}`, details);
    case "unknown-host":
      return unreachable(
        `${what}: this server cannot find a machine named ${host.replace(/:\d+$/, "")}. Check the spelling, and the server's DNS.`,
      );
    case "tls":
      return unreachable(
        `${what}: ${name} cannot prove that it is who it says. Its certificate has to be one that Docker on this server trusts; a registry without TLS has to be among Docker's insecure-registries.`,
      );
    case "down":
      return unreachable(`${what}: ${name} does not answer this server. It may be down, or a firewall is in between. Try again later.`);
    case undefined:
      return undefined;
  }

  function unreachable(message: string) {
    return new JobFailure("REGISTRY_UNREACHABLE", `${message} ${said}`, details);
  }
}

function limited(name: string, host: string, username: string | undefined, when: string | undefined) {
  const until = when ?? (host === HUB ? "in up to six hours, over which it counts" : "later");
  const login = username === undefined ? ` Whoever logs in may pull more: add a login for ${host} under Settings, Registries.` : "";
  return `${name} answers no more, because too much was pulled from it. Try again ${until}.${login}`;
}

/** The engine's own words, without what its client puts around them. */
export function engineSaid(error: unknown): string {
  const { json, message, name } = (error ?? {}) as { json?: { message?: unknown }; message?: unknown; name?: unknown };
  if (typeof json?.message === "string") return json.message;
  // What was waited for too long.
  if (name === "TimeoutError") return "context deadline exceeded";
  return String(message ?? error);
}

/** The registry has answered, and has no such image. */
export const isMissing = (error: unknown) => (error as { statusCode?: unknown } | null)?.statusCode === 404;

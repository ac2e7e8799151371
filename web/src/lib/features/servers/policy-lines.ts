import type { Policy } from "@appos/shared/policy";
import { listed } from "#lib/format/quantity.ts";

/** One thing that a server allows or not, as people read it. */
export interface PolicyLine {
  about: string;
  stands: string;
  /** Nothing of it is allowed, or not all. */
  limited: boolean;
  /** What root runs there to have it otherwise. */
  command: string;
}

const on = (about: string, rule: string, allowed: boolean): PolicyLine => ({
  about,
  stands: allowed ? "Allowed" : "Not allowed",
  limited: !allowed,
  command: `appos-agent policy ${allowed ? "deny" : "allow"} ${rule}`,
});
/** Nothing but what is named; null: anything. */
const only = (about: string, rule: string, named: string[] | null, value: string): PolicyLine => ({
  about,
  stands: named === null ? "Any" : named.length ? `Only ${listed(named)}` : "None",
  limited: named !== null,
  // What allows anything is narrowed by forbidding it all first.
  command: `${named === null ? `appos-agent policy deny ${rule} && ` : ""}appos-agent policy allow ${rule} ${value}`,
});
const these = (about: string, rule: string, named: string[], value: string): PolicyLine => ({
  ...only(about, rule, named, value),
  stands: named.length ? listed(named) : "None",
});

/** What a server allows: first what the console asks of it, then what a compose file may ask. */
export function policyLines({ terminals, jobs, users, registries, files, compose }: Policy): { title: string; lines: PolicyLine[] }[] {
  return [
    {
      title: "From the console",
      lines: [
        on("Terminal on the server itself", "host-terminal", terminals.host),
        on("Terminal in containers", "exec", terminals.exec),
        {
          about: "Jobs",
          stands: jobs.deny.length ? `All but ${listed(jobs.deny)}` : "All",
          limited: jobs.deny.length > 0,
          command: `appos-agent policy ${jobs.deny.length ? "allow" : "deny"} jobs ${jobs.deny[0] ?? "KIND"}`,
        },
        only("Users", "users", users.only, "EMAIL"),
      ],
    },
    {
      title: "In a compose file",
      lines: [
        only("Registries", "registries", registries.only, "HOST"),
        on("Privileged containers", "privileged", compose.privileged),
        on("The server's network", "host-network", compose.hostNetwork),
        on("Docker's socket", "docker-socket", compose.dockerSocket),
        these("Folders to mount", "host-mount", compose.hostMounts, "FOLDER"),
        these("Folders for secrets and configs", "file-roots", files.roots, "FOLDER"),
        these("Devices", "devices", compose.devices, "PATH"),
        these("More capabilities", "capabilities", compose.capabilities, "NAME"),
      ],
    },
  ];
}

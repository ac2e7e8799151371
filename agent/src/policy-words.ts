import { APPOS_ITSELF, type Policy } from "@appos/shared/policy";

/** How a rule is written in the file: a switch, a list of what is allowed, of what is denied, or of all that is left (null: anything). */
type Shape = "switch" | "allowed" | "denied" | "only";

export interface PolicyRule {
  /** Its section and key in the file. */
  at: [section: keyof Policy, key: string];
  shape: Shape;
  /** What is allowed or not. */
  about: string;
  /** What a value of its list is, where it has one. */
  value?: string;
}

/** Every rule that a server's owner can set, by the name that refusals and `appos-agent policy` give it. */
export const policyRules = {
  "host-terminal": { at: ["terminals", "host"], shape: "switch", about: "a shell on this server itself, as root, from the console" },
  exec: { at: ["terminals", "exec"], shape: "switch", about: "a shell in the containers of its apps, from the console" },
  jobs: { at: ["jobs", "deny"], shape: "denied", about: "kinds of job that this server takes on", value: "kind" },
  users: {
    at: ["users", "only"],
    shape: "only",
    about: `who may cause jobs and terminals here (${APPOS_ITSELF}: what AppOS does by itself)`,
    value: "email",
  },
  registries: { at: ["registries", "only"], shape: "only", about: "where images may come from", value: "host" },
  "file-roots": {
    at: ["files", "roots"],
    shape: "allowed",
    about: "folders whose files apps may get as secrets and configs",
    value: "folder",
  },
  privileged: { at: ["compose", "privileged"], shape: "switch", about: "containers with all rights over this server" },
  "host-network": { at: ["compose", "hostNetwork"], shape: "switch", about: "containers in this server's own network" },
  "docker-socket": {
    at: ["compose", "dockerSocket"],
    shape: "switch",
    about: "containers that see Docker's socket, which is as good as root",
  },
  "host-mount": {
    at: ["compose", "hostMounts"],
    shape: "allowed",
    about: "folders of this server that containers may mount",
    value: "folder",
  },
  devices: { at: ["compose", "devices"], shape: "allowed", about: "devices of this server that containers may use", value: "path" },
  capabilities: { at: ["compose", "capabilities"], shape: "allowed", about: "capabilities beyond Docker's own", value: "name" },
} as const satisfies Record<string, PolicyRule>;
export type PolicyRuleName = keyof typeof policyRules;

const entries = Object.entries(policyRules) as [PolicyRuleName, PolicyRule][];

export function valueOf(policy: Policy, { at: [section, key] }: PolicyRule): boolean | string[] | null {
  return (policy[section] as Record<string, boolean | string[] | null>)[key]!;
}

/** Every rule: its name, how it stands, what it is about, and where it is written. */
export const policyLines = (policy: Policy): [name: string, stands: string, about: string, at: string][] =>
  entries.map(([name, rule]) => [name, stands(rule, valueOf(policy, rule)), rule.about, rule.at.join(".")]);

function stands({ shape }: PolicyRule, value: boolean | string[] | null): string {
  if (typeof value === "boolean") return value ? "allowed" : "forbidden";
  if (value === null) return "any";
  if (shape === "denied") return value.length === 0 ? "all" : `all but ${value.join(", ")}`;
  if (value.length === 0) return "none";
  return shape === "only" ? `only ${value.join(", ")}` : value.join(", ");
}

/** In what a policy is not the one that holds without a file, in a few words; empty where it is. */
export function policyChanges(policy: Policy, unlessSaid: Policy): string[] {
  return entries.flatMap(([name, rule]) => {
    const value = valueOf(policy, rule);
    return JSON.stringify(value) === JSON.stringify(valueOf(unlessSaid, rule)) ? [] : [`${name} ${stands(rule, value)}`];
  });
}

import type { Identity, Settings } from "../../settings.ts";

export interface CheckContext {
  settings: Settings;
  /** Undefined before this machine was enrolled: what needs a control plane is left out then. */
  identity: Identity | undefined;
  env: NodeJS.ProcessEnv;
}

export interface Finding {
  ok: boolean;
  found: string;
  /** What to do about it. */
  remedy?: string;
}

/** One thing that `appos-agent doctor` looks at. Throwing is finding that it fails. */
export interface Check {
  name: string;
  look(context: CheckContext): Promise<Finding | undefined>;
}

export const fine = (found: string): Finding => ({ ok: true, found });
export const broken = (found: string, remedy?: string): Finding => ({ ok: false, found, ...(remedy && { remedy }) });

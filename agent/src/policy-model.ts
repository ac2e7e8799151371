import type { Policy } from "@appos/shared/policy";

/** Why a compose file may not run on this server. */
export type Rule =
  | "privileged"
  | "host-network"
  | "host-namespace"
  | "devices"
  | "capabilities"
  | "security-opt"
  | "docker-socket"
  | "host-mount"
  | "registries"
  | "external-volume"
  | "external-network"
  | "network-driver"
  | "reserved-label"
  | "sysctls"
  | "logging"
  | "too-many"
  | "unknown-key";

export interface Violation {
  rule: Rule;
  service?: string;
  /** What is refused, and what to do about it. */
  message: string;
}

/** What a check is told besides what it checks. */
export interface PolicyContext {
  policy: Policy;
  /** The app's own folder, absolute. */
  folder: string;
  project: string;
  /** The folder was somebody's before it was an app's: AppOS keeps nothing in it. */
  adopted?: boolean;
}

/** What a check found: the rule, and a sentence without its subject. */
export type Fault = [rule: Rule, message: string];

/** Where a server's owner may allow more. */
export const FILE = "the server's policy.yaml";

/** A part of the model with names as keys; nothing, where there is nothing. */
export type Part = Record<string, unknown>;
export const map = (value: unknown): Part => (typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Part) : {});
export const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : value === undefined || value === null ? [] : [value]);
export const text = (value: unknown): string =>
  typeof value === "string" ? value : value === undefined || value === null ? "" : String(value);
/** Compose writes what was left out as null, false or empty. */
export function isSet(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === "" || value === 0) return false;
  return typeof value !== "object" || Object.values(value).length > 0;
}

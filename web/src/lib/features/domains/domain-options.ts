import type { DomainView, NewDomain } from "@appos/shared/domains";
import { count } from "../../format/quantity.ts";

interface Row {
  id: number;
  name: string;
}
/** What a domain is told besides where it leads, as it is being edited. */
export interface OptionsDraft {
  /** `password`: null while the one that is there is kept. */
  users: (Row & { password: string | null })[];
  /** One in each line. */
  networks: string;
  headers: (Row & { value: string })[];
  hsts: boolean;
  /** Empty for none. */
  maxBodyMb: string;
  compress: boolean;
  /** Empty for AppOS's own. */
  downPage: string;
}
type Options = Pick<DomainView, "access" | "headers" | "hsts" | "maxBodyMb" | "compress" | "downPage">;

interface Asked extends Omit<Options, "access"> {
  access: NonNullable<NewDomain["access"]> | null;
}

/** Of a domain that is there, or of a new one. */
export function draftOf(domain: Options | undefined): OptionsDraft {
  const { access = null, headers = [], hsts = false, maxBodyMb = null, compress = true, downPage = null } = domain ?? {};
  return {
    users: (access?.users ?? []).map(({ name }, id) => ({ id, name, password: null })),
    networks: (access?.networks ?? []).join("\n"),
    headers: headers.map((header, id) => ({ id, ...header })),
    hsts,
    maxBodyMb: maxBodyMb === null ? "" : String(maxBodyMb),
    compress,
    downPage: downPage ?? "",
  };
}

/** What a new row is known by. */
export const nextId = (rows: Row[]) => Math.max(-1, ...rows.map(({ id }) => id)) + 1;

export const networksIn = (text: string): string[] => text.split(/[\s,;]+/).filter((each) => each !== "");

/** Rows in which nothing was typed are none. */
export const tidied = (draft: OptionsDraft): OptionsDraft => ({
  ...draft,
  users: draft.users.filter(({ name, password }) => name.trim() !== "" || password !== ""),
  headers: draft.headers.filter(({ name, value }) => name.trim() !== "" || value.trim() !== ""),
});

/** What is asked of the API, row by row of what is tidied. */
export function optionsAsked(given: OptionsDraft): Asked {
  const draft = tidied(given);
  const users = draft.users.map(({ name, password }) => ({ name: name.trim(), ...(password !== null && { password }) }));
  const networks = networksIn(draft.networks);
  return {
    access: users.length + networks.length > 0 ? { users, networks } : null,
    headers: draft.headers.map(({ name, value }) => ({ name: name.trim(), value: value.trim() })),
    hsts: draft.hsts,
    maxBodyMb: draft.maxBodyMb.trim() === "" ? null : Number(draft.maxBodyMb),
    compress: draft.compress,
    downPage: draft.downPage.trim() === "" ? null : draft.downPage,
  };
}

/** What is wrong with an upload limit while it is typed. */
export const limitProblem = (given: string): string | undefined =>
  /^\s*([1-9]\d{0,6})?\s*$/.test(given) ? undefined : "A whole number of megabytes, or nothing.";

/** In a few words, where there is something to say. */
export function optionWords({ access, headers, hsts, maxBodyMb, downPage }: Options): string[] {
  const [users, networks] = [access?.users.length ?? 0, access?.networks.length ?? 0];
  return [
    ...(users > 0 ? [`only for ${count(users, "user")}`] : []),
    ...(networks > 0 ? [`only from ${count(networks, "network")}`] : []),
    ...(headers.length > 0 ? [count(headers.length, "header")] : []),
    ...(hsts ? ["HSTS"] : []),
    // What is typed is no number yet.
    ...(maxBodyMb === null || Number.isNaN(maxBodyMb) ? [] : [`uploads up to ${maxBodyMb} MB`]),
    ...(downPage === null ? [] : ["a page while it is down"]),
  ];
}

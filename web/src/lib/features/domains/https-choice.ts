import { covers } from "@appos/shared/certificate-names";
import { isPrivateName } from "@appos/shared/private-names";
import { isWildcard } from "@appos/shared/wildcards";
import type { CertificateView } from "@appos/shared/certificates";
import { LETS_ENCRYPT } from "./authority.ts";

/** Where the certificate of a new name most likely is to come from. One's own ACME authority may issue for any name. */
export function likelyHttps(name: string, directory: string = LETS_ENCRYPT): "acme" | "own" | "internal" {
  if (isWildcard(name)) return isPrivateName(name) ? "internal" : "own";
  return isPrivateName(name) && directory === LETS_ENCRYPT ? "internal" : "acme";
}

type Usable = Pick<CertificateView, "names" | "project" | "notAfter">;

/** Those that would do for all of these names of an app, the one that lasts longest first. */
export const fitting = <C extends Usable>(certificates: readonly C[], names: readonly string[], projectId: string | undefined): C[] =>
  certificates
    .filter((each) => (each.project === null || each.project.id === projectId) && names.every((name) => covers(each.names, name)))
    .toSorted((a, b) => b.notAfter - a.notAfter);

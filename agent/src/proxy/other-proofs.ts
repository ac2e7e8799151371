import type { ProxyModel } from "@appos/shared/sites";
import { namesOf } from "./resolved.ts";

type Site = ProxyModel["sites"][number];

/** By what it is proven whose a name is: what did not do may do where that is another. */
const proofIn = ({ dnsProviders }: ProxyModel, { dnsProviderId }: Site) =>
  JSON.stringify(dnsProviders.find(({ id }) => id === dnsProviderId) ?? "http");

/** Names that are proven by something else than before. */
export function provenOtherwise(before: ProxyModel | undefined, model: ProxyModel): string[] {
  const was = new Map((before?.sites ?? []).map((site) => [site.name, proofIn(before!, site)]));
  return model.sites.filter((site) => site.https === "acme" && was.get(site.name) !== proofIn(model, site)).flatMap(namesOf);
}

/** Sites that are proven in the DNS by now, and were looked at over HTTP. */
export function movedToDns(before: ProxyModel | undefined, { sites }: ProxyModel): Site[] {
  const overHttp = new Set((before?.sites ?? []).flatMap(({ name, dnsProviderId }) => (dnsProviderId === undefined ? [name] : [])));
  return sites.filter(({ name, dnsProviderId }) => dnsProviderId !== undefined && overHttp.has(name));
}

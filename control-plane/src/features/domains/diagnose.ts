import type { DomainDiagnosis, DomainView } from "@appos/shared/domains";
import { askedFor } from "@appos/shared/wildcards";
import { askServer } from "../../ask-server.ts";
import { askProxy } from "../../outbound/ask-proxy.ts";
import type { Ports } from "../../ports.ts";
import type { ServerService } from "../servers/service.ts";
import { findingsOf } from "./diagnosis.ts";
import { partnerOf } from "./names.ts";

/** Has a domain's server walk the way of a request for it, and asks for it from outside as well. */
export function diagnosing({ rooms, outbound, clock }: Ports, servers: ServerService) {
  return async function diagnose(domain: DomainView): Promise<DomainDiagnosis> {
    const { domain: name, path, app, server, service, port, https, www, status, problem, id, url } = domain;
    const alias = www ? (partnerOf(name) ?? null) : null;
    const addresses = await servers.addressesOf(server.id);
    const check = await askServer(rooms, server.id, "site-check", { name, alias, path, app: app.name, service, port, https, addresses });
    const seen = check.addresses.map(({ address }) => address);
    const isThere = check.proxy !== null && seen.length > 0;
    const outside = isThere
      ? await askProxy(outbound, { name: askedFor(name), addresses: seen, proxy: check.proxy!, port: check.port })
      : { why: "On the server itself its proxy does not say which one it is." };
    const findings = findingsOf({ name, check, outside, refusal: status === "refused" ? problem : null });
    return { domainId: id, url, at: clock.now(), findings };
  };
}

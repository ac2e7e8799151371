import type { ProxyModel } from "@appos/shared/sites";
import { AppError } from "../../errors.ts";
import type { Statement } from "../../ports.ts";
import type { Act } from "../activity/service.ts";
import type { AppService } from "../apps/service.ts";
import type { CertificateService } from "../certificates/service.ts";
import type { DnsProviderService } from "../dns-providers/service.ts";
import type { Job, JobService } from "../jobs/service.ts";
import type { ServerRow } from "../servers/service.ts";
import type { ProxyRow } from "./schema.ts";
import { type AddressSettings, checkKnown, checkModel, modelOf, type Sites } from "./model.ts";
import type { domainStore, Served } from "./store.ts";

/** Those who change domains of one server at once are told one after the other. */
const TRIES = 200;

/** What a change makes of what a server serves, and what it writes. */
export interface Change {
  after: Sites;
  /** Another program that serves them. */
  program?: Pick<ProxyRow, "driver" | "place">;
  /** The console's own address; null where it is to have none any more. */
  console?: string | null;
  /** What leads to addresses. */
  addresses?: AddressSettings[];
  statements(jobId: string): Statement[];
}

export interface Telling {
  server: ServerRow;
  act: Act;
  key?: string | undefined;
  asked?: unknown;
}

export const unchanged = ({ names, domains }: Served): Change => ({ after: { names, domains }, statements: () => [] });

/** Who knows what sites are made of, besides domains. */
export interface Sources {
  apps: AppService;
  certificates: CertificateService;
  dnsProviders: DnsProviderService;
}

/** What a server is told once its sites are these, and the states of the certificates and DNS providers in it. `made`: an app of theirs that is not written yet. */
export async function modelFor(
  { apps, certificates, dnsProviders }: Sources,
  { proxy, acme, console: own, addresses: known }: Pick<Served, "proxy" | "acme" | "console" | "addresses">,
  { after, program = proxy, console = own?.name ?? null, addresses = known }: Pick<Change, "after" | "program" | "console" | "addresses">,
  made?: { id: string; name: string },
): Promise<{ model: ProxyModel; states: string[] }> {
  const owners = await apps.findMany([...new Set(after.names.map(({ appId }) => appId))]);
  const names = new Map([...owners, ...(made ? [made] : [])].map(({ id, name }) => [id, name]));
  const used = await certificates.used(after.names.flatMap(({ https, certificateId }) => (https === "own" ? (certificateId ?? []) : [])));
  const proving = await dnsProviders.used(after.names.flatMap(({ dnsProviderId }) => dnsProviderId ?? []));
  const model = modelOf(after, names, {
    driver: program?.driver ?? "caddy",
    ...(program?.place === "host" && { place: "host" }),
    acme,
    console,
    addresses,
    certificates: used.map(({ id, pem }) => ({ id, pem })),
    dnsProviders: proving.map(({ provider }) => provider),
  });
  return { model, states: [...used, ...proving].map(({ state }) => state) };
}

/**
 * Tells a server all that its proxy serves from now on. The change, the job that tells of it and who asked for it are written together; where
 * somebody else has changed that server's domains since they were read, nothing is, and `change` is asked anew. It says what stands in its way
 * by throwing, and that there is nothing to do by giving nothing.
 */
export function tellServer(store: ReturnType<typeof domainStore>, jobs: JobService, sources: Sources) {
  return async function tell(
    { server, ...request }: Telling,
    change: (served: Served) => Promise<Change | undefined> | Change | undefined,
  ): Promise<Job | undefined> {
    let failed: { read: string; error: unknown } | undefined;
    for (let attempt = 1; ; attempt++) {
      const served = await store.served(server.id);
      const changed = await change(served);
      if (!changed) return undefined;
      const { model: input, states } = await modelFor(sources, served, changed);
      const read = [served.proxy?.revision ?? 0, served.acmeVersion, ...states].join(" ");
      // Nobody was quicker, so the fault is another one.
      if (failed?.read === read) throw failed.error;
      if (attempt > TRIES) throw new AppError("UNAVAILABLE", `The domains of ${server.name} are changed too often just now. Try again.`);
      checkModel(input, server.name);
      checkKnown(input, server);
      try {
        return await jobs.enqueue({ server, kind: "apply-sites", input, ...request }, (jobId) => [
          ...changed.statements(jobId),
          store.told(served, jobId, states),
        ]);
      } catch (error) {
        if (error instanceof AppError) throw error;
        failed = { read, error };
      }
    }
  };
}

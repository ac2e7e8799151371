import type { ProxyDriver, ProxyModel } from "@appos/shared/sites";
import { AppError } from "../../errors.ts";
import type { Statement } from "../../ports.ts";
import type { Act } from "../activity/service.ts";
import type { AppService } from "../apps/service.ts";
import type { Job, JobService } from "../jobs/service.ts";
import type { ServerRow } from "../servers/service.ts";
import { checkKnown, checkModel, modelOf, type Sites } from "./model.ts";
import type { domainStore, Served } from "./store.ts";

/** Those who change domains of one server at once are told one after the other. */
const TRIES = 200;

/** What a change makes of what a server serves, and what it writes. */
export interface Change {
  after: Sites;
  /** Another program that serves them. */
  driver?: ProxyDriver;
  /** The console's own address; null where it is to have none any more. */
  console?: string | null;
  statements(jobId: string): Statement[];
}

export interface Telling {
  server: ServerRow;
  act: Act;
  key?: string | undefined;
  asked?: unknown;
}

export const unchanged = ({ names, domains }: Served): Change => ({ after: { names, domains }, statements: () => [] });

/** What a server is told once its sites are these. */
export async function modelFor(
  apps: AppService,
  { proxy, acme, console: own }: Pick<Served, "proxy" | "acme" | "console">,
  { after, driver = proxy?.driver ?? "caddy", console = own?.name ?? null }: Pick<Change, "after" | "driver" | "console">,
): Promise<ProxyModel> {
  const owners = await apps.findMany([...new Set(after.names.map(({ appId }) => appId))]);
  const names = new Map(owners.map(({ id, name }) => [id, name]));
  return modelOf(after, names, { driver, acme, console });
}

/**
 * Tells a server all that its proxy serves from now on. The change, the job that tells of it and who asked for it are written together; where
 * somebody else has changed that server's domains since they were read, nothing is, and `change` is asked anew. It says what stands in its way
 * by throwing, and that there is nothing to do by giving nothing.
 */
export function tellServer(store: ReturnType<typeof domainStore>, jobs: JobService, apps: AppService) {
  return async function tell(
    { server, ...request }: Telling,
    change: (served: Served) => Promise<Change | undefined> | Change | undefined,
  ): Promise<Job | undefined> {
    let failed: { read: string; error: unknown } | undefined;
    for (let attempt = 1; ; attempt++) {
      const served = await store.served(server.id);
      const changed = await change(served);
      if (!changed) return undefined;
      const read = `${served.proxy?.revision ?? 0} ${served.acmeVersion}`;
      // Nobody was quicker, so the fault is another one.
      if (failed?.read === read) throw failed.error;
      if (attempt > TRIES) throw new AppError("UNAVAILABLE", `The domains of ${server.name} are changed too often just now. Try again.`);
      const input = await modelFor(apps, served, changed);
      checkModel(input, server.name);
      checkKnown(input, server);
      try {
        return await jobs.enqueue({ server, kind: "apply-sites", input, ...request }, (jobId) => [
          ...changed.statements(jobId),
          store.told(served, jobId),
        ]);
      } catch (error) {
        if (error instanceof AppError) throw error;
        failed = { read, error };
      }
    }
  };
}

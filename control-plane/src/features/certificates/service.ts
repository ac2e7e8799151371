import type { CertificateView, NewCertificate, ReplaceCertificate } from "@appos/shared/certificates";
import { covers } from "@appos/shared/certificate-names";
import { AppError, notFound } from "../../errors.ts";
import { newId } from "../../ids.ts";
import type { Ports } from "../../ports.ts";
import type { Secrets } from "../../secrets.ts";
import type { ActivityService, Actor } from "../activity/service.ts";
import type { ProjectService } from "../projects/service.ts";
import { readCertificate } from "./read-certificate.ts";
import type { CertificateRow } from "./schema.ts";
import { certificateStore } from "./store.ts";

export type CertificateService = ReturnType<typeof certificateService>;

/** Who asks, and what they may know and change. */
interface Asking {
  actor: Actor;
  within: string[] | undefined;
  sees(projectId: string | null): boolean;
  develops(projectId: string | null): boolean;
}

/** `tellServers`: those that serve with a certificate that is another by now. */
export function certificateService(
  { database, clock, events }: Ports,
  secrets: Secrets,
  activity: ActivityService,
  projects: ProjectService,
  tellServers: (actor: Actor) => Promise<void>,
) {
  const store = certificateStore(database);
  const about = (id: string) => `certificate ${id}`;
  const changed = (id: string) => events.publish({ type: "certificate.changed", id });
  const find = async (id: string): Promise<CertificateRow> => (await store.find(id)) ?? notFound("certificate");

  async function viewsOf(rows: CertificateRow[], sees: Asking["sees"]): Promise<CertificateView[]> {
    if (rows.length === 0) return [];
    const names = await projects.names(rows.flatMap(({ projectId }) => projectId ?? []));
    const uses = Map.groupBy(await store.uses(rows.map(({ id }) => id)), ({ certificateId }) => certificateId);
    return rows.map(({ id, projectId, names: its, issuer, notBefore, notAfter, fingerprint, changedAt }) => ({
      id,
      names: its,
      issuer,
      notBefore,
      notAfter,
      fingerprint,
      project: projectId === null ? null : { id: projectId, name: names.get(projectId) ?? projectId },
      // An app may have moved on to a project that not everybody here sees.
      usedBy: (uses.get(id) ?? []).flatMap((use) => (sees(use.projectId) ? use.name : [])),
      changedAt,
    }));
  }
  const view = async (id: string, { sees }: Asking) => (await viewsOf([await find(id)], sees))[0]!;

  /** As it is kept: the key is sealed here, and is nowhere in the open from then on. */
  async function rowOf(id: string, given: ReplaceCertificate) {
    const { key, ...read } = await readCertificate(given, clock.now());
    return { ...read, key: await secrets.seal(key, about(id)), state: crypto.randomUUID(), changedAt: clock.now() };
  }

  async function projectFor(project: string | undefined, { sees, develops }: Asking): Promise<string | null> {
    if (project === undefined) {
      if (develops(null)) return null;
      const message = "Say for which of your projects it is.";
      throw new AppError("FORBIDDEN", message, [{ path: "project", message }]);
    }
    const { id, name } = await projects.find(project);
    if (!sees(id)) return notFound("project");
    if (develops(id)) return id;
    const message = `Your role lets you see ${name} only.`;
    throw new AppError("FORBIDDEN", message, [{ path: "project", message }]);
  }

  return {
    /** What others need to know of one; undefined where there is none. */
    find: async (id: string): Promise<Pick<CertificateRow, "names" | "projectId"> | undefined> => store.find(id),
    /** Each as servers are told of it, and in which state: keys go nowhere else. */
    async used(ids: string[]): Promise<{ id: string; pem: string; state: string }[]> {
      const rows = ids.length === 0 ? [] : await store.findMany([...new Set(ids)]);
      const told = rows.map(async ({ id, key, chain, state }) => ({ id, pem: `${await secrets.open(key, about(id))}${chain}`, state }));
      return (await Promise.all(told)).toSorted((a, b) => (a.id < b.id ? -1 : 1));
    },

    list: async ({ within, sees }: Asking): Promise<CertificateView[]> => viewsOf(await store.list(within), sees),

    async add({ project, ...given }: NewCertificate, asking: Asking): Promise<CertificateView> {
      const projectId = await projectFor(project, asking);
      const id = newId("crt", clock);
      const row = { id, projectId, ...(await rowOf(id, given)) };
      await activity.write({ actor: asking.actor, action: "add-certificate", subject: subjectOf(row) }, [store.insert(row)]);
      changed(id);
      return view(id, asking);
    },

    /** Domains that use it go on with the newer one, so it has to cover them all. */
    async replace(id: string, given: ReplaceCertificate, asking: Asking): Promise<CertificateView> {
      const before = await find(id);
      const row = await rowOf(id, given);
      const missing = (await store.uses([id])).filter(({ name }) => !covers(row.names, name));
      if (missing.length > 0) {
        const message = `Domains use it that the newer one, for ${row.names.join(", ")}, does not cover: ${shown(missing, asking)}.`;
        throw new AppError("CONFLICT", message, [{ path: "chain", message }]);
      }
      await activity.write({ actor: asking.actor, action: "replace-certificate", subject: subjectOf(before) }, store.replace(id, row));
      changed(id);
      await tellServers(asking.actor);
      return view(id, asking);
    },

    async remove(id: string, asking: Asking): Promise<void> {
      const row = await find(id);
      const unused = async () => {
        const uses = await store.uses([id]);
        if (uses.length > 0) throw new AppError("CONFLICT", `Domains use it: ${shown(uses, asking)}. Give them another certificate first.`);
      };
      await unused();
      await activity
        .write({ actor: asking.actor, action: "remove-certificate", subject: subjectOf(row) }, [store.remove(id)])
        .catch(async (error: unknown) => {
          // Somebody was quicker, and uses it.
          await unused();
          throw error;
        });
      changed(id);
    },
  };
}

const subjectOf = ({ names }: Pick<CertificateRow, "names">) => names.join(", ").slice(0, 500);

const NAMED = 10;
/** Those that they may know of by name, the others by their number. */
function shown(uses: { name: string; projectId: string | null }[], { sees }: Asking): string {
  const names = uses.flatMap(({ name, projectId }) => (sees(projectId) ? name : [])).slice(0, NAMED);
  const more = uses.length - names.length;
  return [...names, ...(more > 0 ? [`${more} more`] : [])].join(", ");
}

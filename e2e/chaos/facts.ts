import { cpSync, existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { AppView } from "@appos/shared/apps";
import type { DeploymentView } from "@appos/shared/deployments";
import type { Page } from "@appos/shared/envelope";
import type { Entry, JobView } from "@appos/shared/jobs";
import type { Api } from "../world/api.ts";
import { docker as thisMachines } from "../world/docker.ts";
import { folder } from "../world/places.ts";
import type { Running } from "./agent.ts";
import type { Docker } from "./engine-front.ts";
import type { Line } from "./ledger.ts";
import type { World } from "./world.ts";

/** A request that was answered with 2xx, and the job it was answered with. */
export interface Answered {
  jobId: string;
  /** Its Idempotency-Key: the same key is the same job. */
  key?: string;
}

export interface Container {
  name: string;
  image: string;
  state: string;
}

/** What the control plane says, what the host's ledger says, and what is there. */
export interface Facts {
  /** Oldest first. */
  jobs: JobView[];
  entries: Map<string, Entry[]>;
  deployments: DeploymentView[];
  answered: Answered[];
  ledger: Line[];
  deaths: ReadonlyMap<number, number>;
  apps: { view: AppView; /** Of the config version that is live. */ compose: string | undefined; containers: Container[] }[];
  programs: Running[];
  /** Folders of work that is over, in the agent's folder. */
  leftovers: string[];
}

export async function gather({ admin, servers, docker, deaths, ledger }: World, answered: Answered[]): Promise<Facts> {
  const jobs = (await all<JobView>(admin, "jobs")).reverse();
  const entries = new Map<string, Entry[]>();
  for (const { id } of jobs) entries.set(id, await entriesOf(admin, id));
  const apps = [];
  for (const view of await all<AppView>(admin, "apps")) {
    const compose = view.liveVersion === null ? undefined : (await admin.version(view.name, view.liveVersion)).compose;
    apps.push({ view, compose, containers: await containersNamed(view.name, docker) });
  }
  return {
    jobs,
    entries,
    deployments: await all<DeploymentView>(admin, "deployments"),
    answered,
    ledger: ledger(),
    deaths,
    apps,
    programs: servers.flatMap(({ agent }) => agent.programs()),
    leftovers: servers.flatMap(({ agent }) => leftoversIn(agent.home)),
  };
}

async function all<T>(admin: Api, path: string): Promise<T[]> {
  const items: T[] = [];
  for (let page = 1; ; page++) {
    const { items: some, pagination } = await admin.get<Page<T>>(`${path}?page=${page}&pageSize=200`);
    items.push(...some);
    if (page >= pagination.totalPages) return items;
  }
}

export async function entriesOf(admin: Api, jobId: string): Promise<Entry[]> {
  const said: Entry[] = [];
  for (;;) {
    const { items } = await admin.get<{ items: Entry[] }>(`jobs/${jobId}/entries?after=${said.at(-1)?.seq ?? 0}`);
    if (items.length === 0) return said;
    said.push(...items);
  }
}

export async function containersNamed(app: string, docker: Docker = thisMachines): Promise<Container[]> {
  const format = "{{.Names}}\t{{.Image}}\t{{.State}}";
  const lines = await docker("ps", "-a", "--filter", `label=com.docker.compose.project=appos-${app}`, "--format", format);
  return lines
    .split("\n")
    .filter(Boolean)
    .map((line) => {
      const [name = "", image = "", state = ""] = line.split("\t");
      return { name, image, state };
    });
}

/** Compose's own copy is kept there from job to job. */
const leftoversIn = (home: string) =>
  existsSync(join(home, "tmp")) ? readdirSync(join(home, "tmp")).filter((name) => name.startsWith("resolve-")) : [];

/** What SQLite finds wrong with a copy of a control plane's database. That control plane must not run. */
export function databaseProblems(dataDir: string): string[] {
  const copy = folder("database");
  for (const name of readdirSync(dataDir)) if (name.startsWith("appos.db")) cpSync(join(dataDir, name), join(copy, name));
  const database = new DatabaseSync(join(copy, "appos.db"));
  try {
    const integrity = database
      .prepare("PRAGMA integrity_check")
      .all()
      .map((row) => String(row["integrity_check"]));
    const foreign = database
      .prepare("PRAGMA foreign_key_check")
      .all()
      .map((row) => JSON.stringify(row));
    return [...integrity.filter((line) => line !== "ok"), ...foreign];
  } finally {
    database.close();
  }
}

import { lintCompose } from "@appos/shared/compose-lint";
import type { Danger, PlanFindings } from "@appos/shared/plan";
import type { EnvEntry } from "@appos/shared/env";
import { parse } from "yaml";
import { needDocker } from "../jobs/docker-outage.ts";
import type { JobContext } from "../jobs/job.ts";
import type { ResolvedRelease } from "../jobs/resolve-release.ts";
import { map, type Part, text } from "../policy-model.ts";
import { missingAddresses } from "./addresses.ts";
import { composeHashes } from "./compose-hashes.ts";
import { stoppingDangers } from "./confirmation.ts";
import { removedVariables } from "./env-removed.ts";
import { missingTools } from "./health-tools.ts";
import { type Images, lookForImages, missingArch, plannedImages, undeclaredVolumes } from "./images.ts";
import { leftBehind } from "./lost-volumes.ts";
import { mountsOf, type Next, servicesOf } from "./plan-model.ts";
import { takenPorts } from "./ports.ts";
import { serviceChanges } from "./service-changes.ts";

/** What a deployment of a resolved release would do on this server, and what is dangerous about it. */
export async function findings(release: ResolvedRelease, next: Next, env: readonly EnvEntry[], context: JobContext): Promise<PlanFindings> {
  const { machine } = context;
  await needDocker(context);
  const { engine, files } = machine;
  const { app, before } = next;
  const containers = await engine.containers({ project: app.project });
  const [images, existing, networks, space, hashes, stops, ports, envBefore] = await Promise.all([
    lookForImages(next.model, engine),
    engine.volumes(app.project),
    engine.networks(app.project),
    engine.addressSpace(),
    containers.length > 0 ? composeHashes(release.texts, app, context) : new Map<string, string>(),
    stoppingDangers(next, machine),
    takenPorts(next.model, app.project, machine),
    before ? files.read(before.env) : undefined,
  ]);
  const imageIds = new Map([...images.here].map(([name, { id }]) => [name, id]));
  const dangers = [
    ...stops,
    ...ports,
    ...missingAddresses(next.model, new Set(networks), space),
    ...missingArch(next.model, images),
    ...removedVariables(next, envBefore ?? "", env),
    ...(await missingTools(next, images, engine)),
    ...undeclaredVolumes(next, images),
    ...staticDangers(release, next, env, images),
  ];
  return {
    liveRelease: before?.release ?? null,
    services: serviceChanges({ model: next.model, running: next.running, containers, hashes, imageIds, loans: release.loans }),
    images: plannedImages(next.model, images),
    volumes: volumeChanges(next, new Set(existing)),
    networks: namesOf(next.model.networks).map((name) => ({ name, change: networks.includes(name) ? "keep" : "create" })),
    dangers: byWeight(dangers),
  };
}

/** What can be told from the files alone; an image that checks its own health says so only here. */
function staticDangers({ texts }: ResolvedRelease, { model, app }: Next, env: readonly EnvEntry[], { here }: Images): Danger[] {
  const source = parse(texts.compose, { merge: true, uniqueKeys: false, version: "1.1" }) as unknown;
  const found = lintCompose(model, { folder: app.ownFolder, source, variables: new Set(env.map(({ key }) => key)) });
  const images = new Map(servicesOf(model).map(([service, definition]) => [service, text(definition.image)]));
  return found.filter(({ rule, service }) => rule !== "no-healthcheck" || !here.get(images.get(service ?? "") ?? "")?.checksHealth);
}

function volumeChanges(next: Next, existing: ReadonlySet<string>): PlanFindings["volumes"] {
  const used = new Set(mountsOf(next.model, next.app).flatMap(({ kind, name }) => (kind === "volume" ? [name] : [])));
  const left = leftBehind(next).flatMap(({ was }) => (was.kind === "volume" && !used.has(was.name) ? [was.name] : []));
  const orphans = new Set([...left, ...[...existing].filter((name) => !used.has(name))]);
  return [
    ...[...used].map((name) => ({
      name,
      change: existing.has(name) || isExternal(name, next.model) ? ("keep" as const) : ("create" as const),
    })),
    ...[...orphans].map((name) => ({ name, change: "orphan" as const })),
  ];
}

const isExternal = (name: string, model: Part) =>
  Object.values(map(model.volumes)).some((volume) => text(map(volume).name) === name && Boolean(map(volume).external));
const namesOf = (networks: unknown) => Object.values(map(networks)).map((network) => text(map(network).name));

const weights = { stop: 0, warn: 1, note: 2 } as const;
const byWeight = (dangers: Danger[]) =>
  [...new Map(dangers.map((danger) => [danger.id, danger])).values()].sort((a, b) => weights[a.level] - weights[b.level]);

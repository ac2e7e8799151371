import { askedFor } from "@appos/shared/wildcards";
import type { CheckFinding, SiteCheck, SiteQuestion } from "@appos/shared/site-check";
import { appFolder } from "../../jobs/app-folder.ts";
import type { Container, ListeningSocket, Machine } from "../../machine/machine.ts";
import { certificateProblems, waitsInDns } from "../certificates.ts";
import { driverFor } from "../drivers.ts";
import { PROBE_PATH } from "../probes.ts";
import { proxyProject } from "../proxy-folder.ts";
import { knownProxyId } from "../proxy-id.ts";
import { proxyModel } from "../proxy-model.ts";
import { runsWhere } from "../where.ts";
import { lastLines } from "../log-lines.ts";
import { isRunning, judgeContainer, ofService } from "./judge-container.ts";
import { judgeCertificate } from "./judge-certificate.ts";
import { judgeHealth } from "./judge-health.ts";
import { isOwnProxy, judgeProxy } from "./judge-proxy.ts";
import { lookAtName } from "./look-at-name.ts";

/** So many lines of what the proxy has said are looked through. */
const LINES = 5_000;

/** Walks the way of a request for a domain, and says of each step how it is. Nothing is changed by it. */
export async function siteCheck(site: SiteQuestion, machine: Machine): Promise<SiteCheck> {
  const { proxy, visit, engine } = machine;
  const { name, alias, https, path, app, service, addresses } = site;
  const [model, id, probe, containers, [container]] = await Promise.all([
    proxyModel(machine),
    knownProxyId(machine),
    visit({ name: askedFor(name), path: PROBE_PATH, https: false, port: proxy.http }),
    containersOf(app, machine),
    engine.containers({ project: proxyProject(machine) }),
  ]);
  const runs = model !== undefined && (await runsWhere(model, machine)) !== undefined;
  const proxyAnswers = isOwnProxy(probe, id);
  const served = model?.sites.find((each) => each.name === name);
  const inDns = served?.dnsProviderId !== undefined;
  const isWaitingInDns = served !== undefined && (await waitsInDns(served, machine));
  const acme = https === "acme" ? model?.acme : undefined;
  const running = ofService(containers, service).filter(isRunning);
  const [listeners, ...names] = await Promise.all([
    listenersOf(running, machine),
    ...[name, ...(alias === null ? [] : [alias])].map(async (each) => ({
      name: each,
      ...(await lookAtName({ name: each, addresses, probe, id, acme }, machine)),
      visited: https === "off" || isWaitingInDns ? undefined : await visit({ name: askedFor(each), path, https: true, port: proxy.https }),
    })),
  ]);
  const isWaiting = https === "acme" && names.some(({ visited }) => !visited?.certificate);
  const driver = model && driverFor(model);
  const lines = async () => (container && model?.place === undefined ? lastLines(container, LINES, machine) : []);
  const waiting = names.map((each) => each.name);
  const problemsOf = inDns ? certificateProblems : driver?.certificateProblems;
  const problems = isWaiting ? await problemsOf?.(waiting, { machine, lines }) : undefined;
  const certificates = names.map((each) =>
    judgeCertificate({
      name: each.name,
      https,
      certificate: each.visited?.certificate ?? null,
      words: problems?.get(each.name),
      caa: each.caa,
      inDns,
      proxyAnswers,
      now: machine.now(),
    }),
  );

  /** Over HTTP there is an answer of the app only where nothing is sent on to HTTPS. */
  async function statusOf() {
    if (!proxyAnswers) return undefined;
    const { visited } = names[0]!;
    if (visited?.certificate) return visited.status;
    const forcesHttps = served?.forceHttps ?? true;
    if (https !== "off" && forcesHttps) return undefined;
    return (await visit({ name: askedFor(name), path, https: false, port: proxy.http })).status;
  }

  return {
    findings: [
      worst(names.map(({ dns }) => dns)),
      worst(names.map(({ port }) => port)),
      worst(certificates),
      judgeProxy({ site, model, container, runs, probe, id, port: proxy.http }),
      judgeContainer({ site, containers, listeners }),
      judgeHealth({ running, app, service, status: await statusOf() }),
    ],
    addresses: names[0]!.addresses,
    proxy: probe.proxy !== undefined && probe.proxy === id ? id : null,
    port: proxy.http,
  };
}

/** What is wrong with another name that leads there counts as well. */
const worst = (findings: CheckFinding[]) => findings.find(({ state }) => state === "wrong") ?? findings[0]!;

/** Of an app that was never deployed here there are none. */
async function containersOf(app: string, machine: Machine): Promise<Container[]> {
  const folder = await appFolder(machine, app).catch(() => undefined);
  return folder ? machine.engine.containers({ project: folder.project }) : [];
}

async function listenersOf(running: readonly Container[], { engine }: Machine): Promise<Map<string, ListeningSocket[]>> {
  const found = await Promise.all(running.map(async (each) => [each.id, await engine.listeners(each).catch(() => undefined)] as const));
  return new Map(found.flatMap(([id, listeners]) => (listeners ? [[id, listeners]] : [])));
}

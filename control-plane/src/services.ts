import { activityService } from "./features/activity/service.ts";
import { adoptionService } from "./features/adoption/service.ts";
import { appService } from "./features/apps/service.ts";
import { authService } from "./features/auth/service.ts";
import { dnsProviderService } from "./features/dns-providers/service.ts";
import { certificateService } from "./features/certificates/service.ts";
import { configService } from "./features/configs/service.ts";
import { deploymentService } from "./features/deployments/service.ts";
import { domainService } from "./features/domains/service.ts";
import { driftService } from "./features/drift/service.ts";
import { sharedEnvService } from "./features/env/service.ts";
import { hostActService } from "./features/host-acts/service.ts";
import { jobService, type Reactions, type Settled } from "./features/jobs/service.ts";
import { logService } from "./features/logs/service.ts";
import { peopleService } from "./features/people/service.ts";
import { planService } from "./features/plans/service.ts";
import { projectService } from "./features/projects/service.ts";
import { registryService } from "./features/registries/service.ts";
import { serverService } from "./features/servers/service.ts";
import { templateSourceService } from "./features/template-sources/service.ts";
import { templateService } from "./features/templates/service.ts";
import { templateUpdateService } from "./features/templates/updates.ts";
import { terminalService } from "./features/terminals/service.ts";
import { systemService } from "./features/system/service.ts";
import { updateService } from "./features/updates/service.ts";
import { identity } from "./identity.ts";
import type { Ports } from "./ports.ts";
import { secrets } from "./secrets.ts";

export type Services = ReturnType<typeof createServices>;

/** Every service, in dependency order; then who hears of whose jobs. */
export function createServices(ports: Ports) {
  const vault = secrets(ports.keys.master);
  const system = systemService(ports, identity(ports.keys.master), () => domains.console.url());
  const activity = activityService(ports, system);
  const auth = authService(ports, activity, () => people);
  const servers = serverService(ports, system, activity, () => apps.counts);
  const jobs = jobService(ports, vault, activity, servers, system, () => ({
    reactions,
    watch: deployments.watch,
    records: deployments.records,
    isElsewhere: apps.isElsewhere,
  }));
  const configs = configService(ports, vault);
  const projects = projectService(ports, activity, () => apps.inProjects);
  const people = peopleService(ports, activity, auth, projects);
  const sharedEnv = sharedEnvService(ports, vault, activity);
  const registries = registryService(ports, vault, activity, servers, jobs);
  const templateSources = templateSourceService(ports, activity);
  const templates = templateService(ports, [templateSources.shelf], () => apps.madeFrom);
  const apps = appService(ports, servers, jobs, configs, projects, sharedEnv, activity, templates);
  const certificates = certificateService(ports, vault, activity, projects, (actor) => domains.proxies.catchUp(actor));
  const dnsProviders = dnsProviderService(ports, vault, activity, (actor) => domains.proxies.catchUp(actor));
  const domains = domainService(ports, servers, jobs, configs, apps, activity, certificates, dnsProviders);
  const deployments = deploymentService(ports, vault, servers, jobs, configs, apps, templates, domains);
  const templateUpdates = templateUpdateService(templates, apps, configs);
  const updates = updateService(ports, servers, jobs, registries, configs, apps, deployments);
  const plans = planService(ports, configs, apps, deployments, templates, domains);
  const adoption = adoptionService(ports, servers, apps, deployments, activity);
  const drift = driftService(ports, { configs, apps, deployments });
  const hostActs = hostActService(ports, servers, apps, activity);
  const logs = logService(ports, apps);
  const terminals = terminalService(ports, system, auth, servers, apps, people, activity);

  const deployed: Settled = async (job) => {
    await deployments.settled(job);
    await updates.settled(job);
  };
  const removed: Settled = async (job) => {
    await apps.removed(job);
    await domains.appRemoved(job);
  };
  const reactions: Reactions = {
    "deploy-app": deployed,
    "rollback-app": deployed,
    "adopt-app": deployed,
    "start-app": apps.started,
    "restart-app": apps.started,
    "stop-app": apps.stopped,
    "remove-app": removed,
    "apply-sites": domains.proxies.settled,
  };

  return {
    system,
    activity,
    auth,
    servers,
    jobs,
    configs,
    projects,
    people,
    sharedEnv,
    registries,
    templateSources,
    templates,
    templateUpdates,
    apps,
    certificates,
    dnsProviders,
    domains,
    deployments,
    plans,
    updates,
    adoption,
    drift,
    hostActs,
    logs,
    terminals,
    now: ports.clock.now,
    events: ports.events,
    downloads: ports.downloads,
  };
}

import { activityService } from "./features/activity/service.ts";
import { appService } from "./features/apps/service.ts";
import { authService } from "./features/auth/service.ts";
import { configService } from "./features/configs/service.ts";
import { deploymentService } from "./features/deployments/service.ts";
import { hostActService } from "./features/host-acts/service.ts";
import { jobService, type Reactions } from "./features/jobs/service.ts";
import { logService } from "./features/logs/service.ts";
import { serverService } from "./features/servers/service.ts";
import { terminalService } from "./features/terminals/service.ts";
import { systemService } from "./features/system/service.ts";
import { identity } from "./identity.ts";
import type { Ports } from "./ports.ts";
import { secrets } from "./secrets.ts";

export type Services = ReturnType<typeof createServices>;

/** Every service, in dependency order; then who hears of whose jobs. */
export function createServices(ports: Ports) {
  const vault = secrets(ports.keys.master);
  const system = systemService(ports, identity(ports.keys.master));
  const activity = activityService(ports, system);
  const auth = authService(ports, activity);
  const servers = serverService(ports, system, activity, () => apps.counts);
  const jobs = jobService(ports, vault, activity, servers, system, () => ({
    reactions,
    watch: deployments.watch,
    records: deployments.records,
  }));
  const configs = configService(ports, vault);
  const apps = appService(ports, servers, jobs, configs, activity);
  const deployments = deploymentService(ports, vault, servers, jobs, configs, apps);
  const hostActs = hostActService(ports, servers, apps, activity);
  const logs = logService(ports, apps);
  const terminals = terminalService(ports, system, auth, servers, apps, activity);

  const reactions: Reactions = {
    "deploy-app": deployments.settled,
    "start-app": apps.started,
    "restart-app": apps.started,
    "stop-app": apps.stopped,
    "remove-app": apps.removed,
  };

  return {
    system,
    activity,
    auth,
    servers,
    jobs,
    configs,
    apps,
    deployments,
    hostActs,
    logs,
    terminals,
    now: ports.clock.now,
    events: ports.events,
    downloads: ports.downloads,
  };
}

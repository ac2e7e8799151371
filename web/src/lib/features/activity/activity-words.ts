import type { ActivityView } from "@appos/shared/activity";

/** What was done, as a sentence goes on after who did it and before what to. */
const words: Record<string, string> = {
  setup: "set up AppOS",
  "sign-in": "signed in",
  "add-user": "added user",
  "remove-user": "removed user",
  "issue-token": "issued token",
  "revoke-token": "revoked token",
  "create-app": "created app",
  "deploy-app": "deployed",
  "rollback-app": "rolled back",
  "adopt-app": "took over",
  "adopt-drift": "took over what ran of",
  "leave-project": "left alone the project",
  "notice-project": "no longer left alone the project",
  "change-app": "changed the settings of",
  "update-app": "updated the images of",
  "add-domain": "added the domain",
  "change-domain": "changed the domain",
  "change-domain-access": "changed who may visit",
  "remove-domain": "removed the domain",
  "remove-domains": "removed, with their app, the domains",
  "certificate-ends": "found that the certificate was not renewed of",
  "apply-domain": "asked its server once more to serve",
  "reload-proxy": "reloaded the proxy of",
  "change-proxy": "changed the program of the proxy of",
  "add-address": "had a domain lead to an address:",
  "change-address": "changed to which address a domain leads:",
  "remove-address": "removed the domain that led to an address,",
  "set-console-address": "gave the console the address",
  "remove-console-address": "took from the console the address",
  "change-certificates": "changed where certificates come from:",
  "add-certificate": "uploaded a certificate for",
  "replace-certificate": "put a newer one in the place of the certificate for",
  "remove-certificate": "removed the certificate for",
  "add-dns-provider": "added the DNS provider",
  "change-dns-provider": "changed the DNS provider",
  "remove-dns-provider": "removed the DNS provider",
  "add-registry": "added a login for",
  "change-registry": "changed the login for",
  "remove-registry": "removed the login for",
  "update-from-template": "took over the newer template of",
  "add-template-source": "added the template source",
  "change-template-source": "changed the template source",
  "refresh-template-source": "refreshed the template source",
  "refresh-template-sources": "refreshed all template sources:",
  "remove-template-source": "removed the template source",
  "start-app": "started",
  "stop-app": "stopped",
  "restart-app": "restarted",
  "remove-app": "removed app",
  "remove-app-and-volumes": "removed, with its volumes, app",
  "save-config": "saved the compose file of",
  "save-env": "changed the variables of",
  "cancel-job": "canceled a job of",
  "add-server": "added server",
  "issue-enrollment": "issued an enrollment token for",
  "enroll-server": "connected server",
  "rename-server": "renamed server",
  "remove-server": "removed server",
  "open-host-terminal": "opened a terminal on",
  "open-terminal": "opened a terminal in",
  "host-stop-app": "stopped",
  "host-start-app": "started",
  "host-rollback-app": "rolled back",
  "host-stop-app-failed": "could not stop",
  "host-start-app-failed": "could not start",
  "host-rollback-app-failed": "could not roll back",
};

/** An action as said to people; one without words of its own is said as it is. */
export const activityWords = (action: string): string => words[action] ?? action.replaceAll("-", " ");

/** What it was done to; nothing where that is whoever did it. */
export const activitySubject = ({ by, subject }: ActivityView): string | undefined => (subject === by ? undefined : subject);

/** Where the thing itself is to be seen, if anywhere. */
export function activityHref({ deploymentId, appId, serverId, action }: ActivityView): string | undefined {
  if (action.startsWith("remove-")) return undefined;
  if (deploymentId) return `/deployments/${deploymentId}`;
  if (appId) return `/apps/${appId}`;
  if (serverId) return `/servers/${serverId}`;
  return undefined;
}

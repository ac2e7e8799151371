import { expect, test } from "vitest";
import { setUp } from "./tester.ts";

/** To a database on another machine each query is a journey. */
const MOST = 8;

test("what a screen shows is read in a handful of queries, however much there is of it", async () => {
  const { platform, admin } = await setUp();
  const { data: added } = await admin("/api/v1/servers", { json: { name: "tokyo-1" } });
  let made: { app: { id: string }; deployment: { id: string } } | undefined;
  for (let i = 0; i < 20; i++) {
    const source = { type: "compose", compose: "services: {web: {image: nginx}}" };
    made = (await admin("/api/v1/apps", { json: { name: `app-${i}`, serverId: added.server.id, source } })).data;
  }
  let domain = "";
  for (let i = 0; i < 20; i++) {
    const asked = { domain: `a${i}.example.com`, app: `app-${i}`, service: "web", port: 80 };
    domain = (await admin("/api/v1/domains", { json: asked })).data.id;
  }
  const [app, deployment] = [made!.app.id, made!.deployment.id];
  let count = 0;
  const { client } = platform;
  const [execute, batch] = [client.execute.bind(client), client.batch.bind(client)];
  Object.assign(client, {
    execute: (...asked: Parameters<typeof execute>) => (count++, execute(...asked)),
    batch: (...asked: Parameters<typeof batch>) => (count++, batch(...asked)),
  });
  const lists = [
    "domains",
    "proxy",
    "apps",
    "servers",
    "deployments",
    "jobs",
    "activity",
    "tokens",
    "users",
    "system/info",
    "servers/tokyo-1/timeline",
  ];
  const single = [
    `domains/${domain}`,
    `apps/${app}`,
    `apps/${app}/versions`,
    "servers/tokyo-1",
    `deployments/${deployment}`,
    `deployments/${deployment}/logs`,
  ];
  for (const path of [...lists, ...single]) {
    count = 0;
    expect((await admin(`/api/v1/${path}`)).status, path).toBe(200);
    expect(count, path).toBeLessThanOrEqual(MOST);
  }
});

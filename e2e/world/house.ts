import type { Api } from "./api.ts";
import { web } from "./compose.ts";
import { port as freePort } from "./places.ts";

/** The apps of the house. */
export interface Names {
  shop: string;
  billing: string;
  docs: string;
}
export interface House extends Names {
  good: string;
  bad: string;
}

const shopCompose = (port: number, version: number) => `# The shop and what it keeps
services:
  web:
    image: appos-test/web:${version}
    restart: unless-stopped
    ports: ["${port}:80"]
  worker:
    image: appos-test/logger:1
    volumes: [orders:/data]
volumes:
  orders: {}
`;

/** A house that is lived in: an app that runs, one that could not, one that was stopped, and a server that has not come yet. */
export async function furnish(admin: Api, names: Names): Promise<House> {
  const { shop, billing, docs } = names;
  const port = await freePort();
  const first = await admin.create(shop, shopCompose(port, 1));
  const broken = await admin.create(billing, "services:\n  web:\n    image: appos-test/sick:1\n");
  const idle = await admin.create(docs, web(await freePort()));
  for (const { deployment } of [first, broken, idle]) await admin.settled(deployment.id);
  await admin.jobEnded((await admin.order(docs, "stop")).id);
  await admin.saveCompose(shop, shopCompose(port, 2));
  const second = await admin.deploy(shop);
  await admin.settled(second.id);
  await admin.addServer("tokyo-1");
  return { ...names, good: second.id, bad: broken.deployment.id };
}

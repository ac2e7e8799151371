import { Template } from "@appos/shared/templates";
import { ADMIN, asker } from "../asker.ts";
import { setUp } from "./tester.ts";

export const shopCompose = `services:
  web:
    image: shop:1.0
    ports: ["\${HTTP_PORT:-8080}:80"]
    environment:
      PW: "\${DB_PASSWORD}"
`;

/** A template with one input of each nature. */
export const shop = (changed: object = {}): Template =>
  Template.parse({
    id: "shop",
    name: "Shop",
    version: "1.0",
    description: "Sell what you have made.",
    categories: ["business"],
    requirements: { memoryMiB: 256 },
    inputs: [
      { key: "HTTP_PORT", label: "Port", type: "port", generator: { kind: "port", from: 8080 } },
      { key: "APP_URL", label: "Address", type: "url", generator: { kind: "address", port: "HTTP_PORT" } },
      { key: "ADMIN_EMAIL", label: "Your e-mail address", type: "email" },
      { key: "DB_PASSWORD", label: "Database password", type: "password", secret: true, generator: { kind: "alnum", length: 32 } },
    ],
    routes: [{ service: "web", port: 80, primary: true, publishedAs: "HTTP_PORT" }],
    files: [{ path: "shop.conf", content: "mail = ${ADMIN_EMAIL}\n", fill: true }],
    compose: shopCompose,
    ...changed,
  });

/** A control plane with templates, and a server to install them on. */
export async function templateWorld(...templates: Template[]) {
  const it = await setUp();
  const { book } = it.platform;
  for (const template of templates.length > 0 ? templates : [shop()]) book.set(template.id, template);
  const { data } = await it.admin("/api/v1/servers", { json: { name: "tokyo-1" } });
  const install = (inputs: object = {}, name = "shop", key?: string) => {
    const source = { type: "template", templateId: "shop", inputs: { ADMIN_EMAIL: "ann@example.org", ...inputs } };
    return it.admin("/api/v1/apps", { json: { name, source }, ...(key !== undefined && { headers: { "idempotency-key": key } }) });
  };
  /** The newest configuration of an app, secrets too. */
  const content = async (name: string) => {
    const { id, version } = await it.services.apps.find(name);
    return it.services.configs.content(id, version);
  };
  const env = async (name: string) => new Map((await content(name)).env.map((entry) => [entry.key, entry]));
  /** AppOS itself is updated: the catalog that it ships with is another. */
  async function updated(...next: Template[]) {
    for (const template of next) book.set(template.id, template);
    const { app } = it.platform.start();
    const login = await asker(app)("/api/v1/auth/login", { json: { email: ADMIN.email, password: ADMIN.password } });
    return asker(app, { cookie: login.headers.get("set-cookie")!.split(";")[0]!, origin: "https://appos.example.org" });
  }
  return { ...it, serverId: data.server.id as string, install, content, env, updated };
}

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { TemplateSourceView } from "@appos/shared/template-sources";
import { parse } from "yaml";
import { appos } from "./lib/appos.ts";
import { atEnd } from "./lib/ends.ts";
import { ports, until } from "./lib/places.ts";
import { question, row, times } from "./lib/question.ts";

const TEMPLATES = 500;

/** As Coolify's catalog has them: a web service with its database and its cache, twelve variables, volumes and health checks. */
const compose = (n: number) => `services:
  app-${n}:
    image: 'ghcr.io/example/app-${n}:1.${n}'
    environment:
      - SERVICE_URL_APP_${n}_3000
      - DATABASE_URL=postgres://$SERVICE_USER_DB:$SERVICE_PASSWORD_DB@db:5432/\${POSTGRES_DB:-app}
      - SECRET_KEY=$SERVICE_BASE64_64_KEY
      - 'MAIL_FROM=\${MAIL_FROM:-noreply@example.org}'
      - LOG_LEVEL=\${LOG_LEVEL:-info}
    volumes: ['data:/data', './conf:/etc/app']
    depends_on: {db: {condition: service_healthy}, cache: {condition: service_started}}
    healthcheck: {test: ['CMD', 'wget', '-q', '--spider', 'http://127.0.0.1:3000/'], interval: 5s, timeout: 5s, retries: 15}
  db:
    image: 'postgres:16-alpine'
    environment: [POSTGRES_USER=$SERVICE_USER_DB, POSTGRES_PASSWORD=$SERVICE_PASSWORD_DB, 'POSTGRES_DB=\${POSTGRES_DB:-app}']
    volumes: ['pg:/var/lib/postgresql/data']
    healthcheck: {test: ['CMD-SHELL', 'pg_isready -U $\${POSTGRES_USER}'], interval: 5s, timeout: 5s, retries: 15}
  cache:
    image: 'redis:7-alpine'
    command: redis-server --requirepass $SERVICE_PASSWORD_REDIS
    volumes: ['redis:/data']
`;

await question(`How long does a source of ${TEMPLATES} templates take, and how much memory, beside parsing their YAML alone?`, async () => {
  const files = Array.from({ length: TEMPLATES }, (_, n) => compose(n));
  let version = 0;
  const list = () =>
    JSON.stringify(
      Object.fromEntries(
        files.map((text, n) => [
          `app-${n}`,
          { slogan: `App ${n}, copy ${version}`, compose: Buffer.from(text).toString("base64"), tags: ["web"], category: "productivity" },
        ]),
      ),
    );
  const server = createServer((_, reply) => void reply.writeHead(200, { etag: `"${++version}"` }).end(list())).listen(
    ports.peer,
    "127.0.0.1",
  );
  atEnd(() => void server.close());
  const { admin, pid } = await appos({ env: { APPOS_OUTBOUND_ALLOW: "127.0.0.1" } });
  const { id } = await admin.ask<TemplateSourceView>("POST", "template-sources", {
    url: `http://127.0.0.1:${ports.peer}/service-templates.json`,
  });
  const source = () => admin.ask<TemplateSourceView>("GET", `template-sources/${id}`);
  const settled = (after: number) =>
    until(
      "it is read",
      async () => {
        const now = await source();
        return !now.refreshing && (now.checkedAt ?? 0) > after ? now : undefined;
      },
      60_000,
    );
  const first = await settled(0);
  if (first.usable !== TEMPLATES) throw new Error(`${first.unusable} templates cannot be installed: ${first.failure?.message ?? ""}`);

  const memory = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
  const before = memory();
  const [here, theirs, grown]: number[][] = [[], [], []];
  for (let round = 0; round < times(8); round++) {
    let most = 0;
    const watch = setInterval(() => void (most = Math.max(most, memory())), 10);
    const { checkedAt } = await source();
    const begun = performance.now();
    await admin.ask("POST", `template-sources/${id}/refresh`);
    await settled(checkedAt ?? 0);
    here!.push(performance.now() - begun);
    clearInterval(watch);
    grown!.push(Math.max(0, most - before));
    const bare = performance.now();
    for (const text of files) parse(text, { merge: true });
    theirs!.push(performance.now() - bare);
  }
  const whole = { what: `${TEMPLATES} templates of three services: fetched, translated, checked and stored`, unit: "ms" as const };
  return [
    row({ ...whole, here: here!, peer: { name: "yaml parse of the same files, nothing else", readings: theirs! } }),
    row({ what: "memory on top of what the control plane has at rest, at most", unit: "MB", here: grown! }),
  ];
});

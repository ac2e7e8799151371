import type { Draft } from "./importer.ts";
import { map } from "./reading.ts";

const kinds = {
  mysql: {
    image: "mysql:8.4",
    data: "/var/lib/mysql",
    environment: {
      MYSQL_DATABASE: "${PANEL_DB_NAME}",
      MYSQL_USER: "${PANEL_DB_USER}",
      MYSQL_PASSWORD: "${PANEL_DB_USER_PASSWORD}",
      MYSQL_RANDOM_ROOT_PASSWORD: "yes",
    },
    test: "mysqladmin ping -h 127.0.0.1 --silent",
  },
  mariadb: {
    image: "mariadb:11.8",
    data: "/var/lib/mysql",
    environment: {
      MARIADB_DATABASE: "${PANEL_DB_NAME}",
      MARIADB_USER: "${PANEL_DB_USER}",
      MARIADB_PASSWORD: "${PANEL_DB_USER_PASSWORD}",
      MARIADB_RANDOM_ROOT_PASSWORD: "yes",
    },
    test: "healthcheck.sh --connect --innodb_initialized",
  },
  postgresql: {
    image: "postgres:17-alpine",
    data: "/var/lib/postgresql/data",
    environment: { POSTGRES_DB: "${PANEL_DB_NAME}", POSTGRES_USER: "${PANEL_DB_USER}", POSTGRES_PASSWORD: "${PANEL_DB_USER_PASSWORD}" },
    test: 'pg_isready -U "$$POSTGRES_USER" -d "$$POSTGRES_DB"',
  },
  redis: { image: "redis:7.4-alpine", data: "/data", environment: {}, test: "redis-cli ping" },
  mongodb: {
    image: "mongo:8.0",
    data: "/data/db",
    environment: { MONGO_INITDB_ROOT_USERNAME: "${PANEL_DB_USER}", MONGO_INITDB_ROOT_PASSWORD: "${PANEL_DB_USER_PASSWORD}" },
    test: "mongosh --quiet --eval 'db.runCommand({ ping: 1 }).ok'",
  },
} as const;
type Kind = keyof typeof kinds;
const spelled: Record<string, Kind> = { postgres: "postgresql", mongo: "mongodb" };

export interface Database {
  kind: string;
  typeKey: string | undefined;
  hostKey: string;
}
export const isDatabase = (kind: string) => kind in kinds || kind in spelled;

/** A database of its own, in the place of one that 1Panel's apps share. */
export function bundle({ kind, typeKey, hostKey }: Database, draft: Draft) {
  const known = spelled[kind] ?? (kind as Kind);
  const { image, data, environment, test } = kinds[known];
  const services = map(draft.model.services);
  const name = known in services || Object.keys(services).includes("db") ? `${known}-own` : known === "redis" ? "redis" : "db";
  const after = Object.keys(services);
  services[name] = {
    image,
    restart: "unless-stopped",
    environment,
    volumes: [`${name}-data:${data}`],
    healthcheck: { test: ["CMD-SHELL", test], interval: "5s", timeout: "5s", retries: 24 },
  };
  for (const each of after) {
    const service = map(services[each]);
    const others = Array.isArray(service.depends_on)
      ? Object.fromEntries(service.depends_on.map((other) => [String(other), { condition: "service_started" }]))
      : map(service.depends_on);
    service.depends_on = { ...others, [name]: { condition: "service_healthy" } };
  }
  draft.inputs.set(hostKey, { label: "Database", hidden: true, default: name });
  if (typeKey) draft.inputs.set(typeKey, { label: "Kind of database", hidden: true, default: kind });
  const ports: Record<string, string> = { mysql: "3306", mariadb: "3306", postgresql: "5432", redis: "6379", mongodb: "27017" };
  draft.inputs.set("PANEL_DB_PORT", { label: "Port of the database", hidden: true, default: ports[known]! });
  if (known !== "redis") {
    for (const key of ["PANEL_DB_NAME", "PANEL_DB_USER"])
      draft.inputs.set(key, {
        ...draft.inputs.get(key),
        label: draft.inputs.get(key)?.label ?? key,
        default: draft.inputs.get(key)?.default ?? "app",
      });
    draft.inputs.set("PANEL_DB_USER_PASSWORD", {
      label: "Password of the database",
      type: "password",
      secret: true,
      generator: { kind: "alnum", length: 24, lower: false },
      editableAfterInstall: false,
    });
  }
  draft.dropped.add(`The ${known} that it would share with other apps of 1Panel is one of its own: the service ${name}.`);
}

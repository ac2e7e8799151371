import type { ProxyDriver } from "@appos/shared/sites";
import { caddyDriver } from "./caddy-driver.ts";
import type { Driver } from "./driver.ts";
import { nginxDriver } from "./nginx-driver.ts";
import { traefikDriver } from "./traefik-driver.ts";

const drivers: Record<ProxyDriver, Driver> = { caddy: caddyDriver, nginx: nginxDriver, traefik: traefikDriver };

export const driverOf = (kind: ProxyDriver): Driver => drivers[kind];

import type { ProxyDriver } from "@appos/shared/sites";
import { caddyDriver } from "./caddy-driver.ts";
import type { Driver } from "./driver.ts";
import { nginxDriver } from "./nginx-driver.ts";

const drivers: Partial<Record<ProxyDriver, Driver>> = { caddy: caddyDriver, nginx: nginxDriver };

export const driverOf = (kind: ProxyDriver): Driver | undefined => drivers[kind];

import type { ProxyDriver, ProxyModel } from "@appos/shared/sites";
import { caddyDriver } from "./caddy-driver.ts";
import type { Driver } from "./driver.ts";
import { installedAs } from "./installed/programs.ts";
import { nginxDriver } from "./nginx-driver.ts";
import { traefikDriver } from "./traefik-driver.ts";

const drivers: Record<ProxyDriver, Driver> = { caddy: caddyDriver, nginx: nginxDriver, traefik: traefikDriver };

export const driverOf = (kind: ProxyDriver): Driver => drivers[kind];

/** The one of the server itself is told in ways of its own. */
export const driverFor = ({ driver, place }: Pick<ProxyModel, "driver" | "place">): Driver =>
  place === "host" ? installedAs({ driver }).driver : driverOf(driver);

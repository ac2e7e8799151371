import { hostCaddyWorld } from "./host-caddy-world.ts";
import { hostProxySuite } from "./host-proxy-suite.ts";
import { CADDY } from "./proxy-world.ts";

const ports = { http: 18_640, https: 18_641, acme: 18_645 };
hostProxySuite(await hostCaddyWorld(ports), ports, CADDY, "hc-a");

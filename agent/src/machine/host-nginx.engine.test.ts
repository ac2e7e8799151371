import { hostNginxWorld } from "./host-nginx-world.ts";
import { hostProxySuite } from "./host-proxy-suite.ts";
import { NGINX } from "./proxy-world.ts";

const ports = { http: 18_620, https: 18_621, acme: 18_625 };
hostProxySuite(await hostNginxWorld(ports), ports, NGINX, "hn-a");

import { expect, test } from "vitest";
import { whatHappens } from "./proxy-change.ts";

const caddy = { driver: "caddy", place: "container", problem: null, domains: 2 } as const;
const host = { driver: "nginx", place: "host", problem: null, domains: 2 } as const;

test("what another program means is said before it is chosen", () => {
  expect(whatHappens(caddy, "caddy")).toBe("Caddy is the one that it has.");
  expect(whatHappens({ ...caddy, problem: "It could not be fetched." }, "caddy")).toBe("It is tried once more.");
  expect(whatHappens(caddy, "nginx")).toContain("Nobody is turned away");
  expect(whatHappens(caddy, "traefik")).toContain("for about a second");
  expect(whatHappens(host, "traefik")).toContain("stop Nginx on the server first");
  expect(whatHappens(host, "host-caddy")).toContain("disable --now nginx, and start Caddy");
});

test("who wants Nginx of the server, while a container has its ports, is told what to do first", () => {
  expect(whatHappens(caddy, "host-nginx")).toContain("remove the server's domains");
  expect(whatHappens({ ...caddy, domains: 0 }, "host-nginx")).toContain("is not touched");
  // Somebody else has the ports: most likely Nginx.
  expect(whatHappens({ ...caddy, problem: "Port 80 is taken." }, "host-nginx")).toContain("is not touched");
});

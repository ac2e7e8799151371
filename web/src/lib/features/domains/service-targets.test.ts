import { expect, test } from "vitest";
import { composeTargets } from "./compose-targets.ts";
import { serviceTargets } from "./service-targets.ts";

const none = { routes: [], compose: [], containers: [] };
const published = (containerPort: number, protocol: "tcp" | "udp" = "tcp") => ({ hostIp: "", hostPort: 1, containerPort, protocol });

test("where a template leads comes first, whatever else listens", () => {
  const routes = [
    { service: "api", port: 3000, primary: false },
    { service: "web", port: 8080, primary: true },
  ];
  const compose = [
    { service: "admin", ports: [80] },
    { service: "web", ports: [9090] },
  ];
  expect(serviceTargets({ ...none, routes, compose })).toEqual([
    { service: "web", ports: [8080, 9090] },
    { service: "api", ports: [3000] },
    { service: "admin", ports: [80] },
  ]);
});

test("else the first service that listens for what a browser asks, and a database not before it", () => {
  const compose = [
    { service: "worker", ports: [] },
    { service: "db", ports: [5432] },
    { service: "web", ports: [443, 3000] },
  ];
  expect(serviceTargets({ ...none, compose }).map(({ service }) => service)).toEqual(["web", "db", "worker"]);
  expect(serviceTargets({ ...none, compose })[0]?.ports).toEqual([3000, 443]);
});

test("what runs adds what its compose file does not say", () => {
  const containers = [{ service: "web", ports: [published(80), published(80), published(53, "udp")] }];
  expect(serviceTargets({ ...none, containers })).toEqual([{ service: "web", ports: [80] }]);
});

test("services and their ports are read from every way of writing them in a compose file", () => {
  const text = `# a comment
services:
  web:
    image: "a:1"
    ports:
      - "8080:80"
      - 127.0.0.1:8443:443/tcp
      - "53:53/udp"
      - target: 9000
        published: "9001"
  api:
    expose: ["3000", 3001]
    ports: ['\${PORT:-5000}:5001', "\${ELSE}:\${UNKNOWN}"]
  worker: { image: a:1, expose: [7000] }
  plain:
volumes:
  data: {}
`;
  expect(composeTargets(text)).toEqual([
    { service: "web", ports: [80, 443, 9000] },
    { service: "api", ports: [5001, 3000, 3001] },
    { service: "worker", ports: [7000] },
    { service: "plain", ports: [] },
  ]);
});

test("a text that is no compose file has no services", () => {
  for (const text of ["", "services:", "services: [a]", "- a\n- b", "{{", "services:\n  *x"])
    expect(composeTargets(text), text).toEqual([]);
});

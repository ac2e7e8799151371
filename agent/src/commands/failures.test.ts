import { expect, test } from "vitest";
import { diagnose, type Diagnosis } from "./failures.ts";

test.each<[Partial<Diagnosis>, string]>([
  [
    { kind: "port-taken", port: 9321, container: "appos-a-web-1" } as Partial<Diagnosis>,
    "Error response from daemon: driver failed programming external connectivity on endpoint appos-a-web-1 (06ab): Bind for 127.0.0.1:9321 failed: port is already allocated",
  ],
  [
    { kind: "port-taken", port: 80 } as Partial<Diagnosis>,
    "Error response from daemon: Ports are not available: exposing port TCP 0.0.0.0:80 -> 0.0.0.0:0: listen tcp4 0.0.0.0:80: bind: address already in use",
  ],
  [
    { kind: "port-taken", port: 8080 } as Partial<Diagnosis>,
    "Error response from daemon: failed to set up container networking: driver failed programming external connectivity on endpoint w (1): failed to bind host port for 0.0.0.0:8080:172.18.0.2:80/tcp: address already in use",
  ],
  [{ kind: "port-taken", port: 8081 } as Partial<Diagnosis>, "failed to bind host port [::]:8081/tcp: address already in use"],
  [
    { kind: "dependency", container: "appos-a-db-1" } as Partial<Diagnosis>,
    "dependency failed to start: container appos-a-db-1 is unhealthy",
  ],
  [
    { kind: "name-conflict" },
    'Error response from daemon: Conflict. The container name "/x" is already in use by container "1". You have to remove (or rename) that container to be able to reuse that name.',
  ],
  [{ kind: "no-image" }, "Error response from daemon: manifest for localhost:5000/x:1 not found: manifest unknown: manifest unknown"],
  [
    { kind: "no-image" },
    "Error response from daemon: pull access denied for nosuch, repository does not exist or may require 'docker login'",
  ],
  [{ kind: "disk-full" }, "write /var/lib/docker/tmp/x: no space left on device"],
  [{ kind: "docker-lost" }, "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?"],
  [{ kind: "other", line: "something else" } as Partial<Diagnosis>, "something else"],
])("%o: %s", (diagnosis, line) => {
  expect(diagnose(["Container x  Starting", line, ""])).toMatchObject(diagnosis);
});

test("a registry that refuses a connection is no Docker that went away", () => {
  const said = 'Get "http://localhost:9326/v2/": dial tcp 127.0.0.1:9326: connect: connection refused';
  expect(diagnose([` web Error ${said}`, `Error response from daemon: ${said}`])).toEqual({ kind: "other", line: said });
  expect(
    diagnose(['Error response from daemon: Get "http://localhost:9326/v2/": dial tcp 127.0.0.1:9326: connect: connection refused']).kind,
  ).toBe("other");
});

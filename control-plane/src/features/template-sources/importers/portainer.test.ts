import { expect, test } from "vitest";
import { importers } from "./index.ts";
import { read } from "./reader.ts";

const v = (version: string, ...templates: object[]) => read("portainer", { "templates.json": JSON.stringify({ version, templates }) });
const nginx = {
  type: 1,
  title: "Nginx",
  description: "High performance web server",
  image: "nginx:1.27",
  ports: ["8080:80/tcp", "53:53/udp"],
  categories: ["webserver"],
};

test("versions 2 and 3 are read, and no other", () => {
  expect(v("2", nginx).one().template).toMatchObject({ id: "src_1:nginx", name: "Nginx", version: "1.27", categories: ["websites"] });
  expect(v("3", { ...nginx, id: 7 }).one().template.id).toBe("src_1:nginx");
  expect(() => v("4", nginx)).toThrow(/Version 4/);
});

test("the bare list that came before them is read: types by name, volumes as paths, set in the place of preset", () => {
  const old = {
    type: "container",
    title: "Old",
    description: "d",
    image: "x",
    volumes: ["/data"],
    env: [
      { name: "A", label: "a", set: "1" },
      { name: "DB", type: "container" },
    ],
  };
  const { services, inputs, volumes } = read("portainer", { "templates.json": JSON.stringify([old]) }).one();
  expect(services.old).toMatchObject({ image: "x", restart: "always", volumes: ["data:/data"], environment: { A: "${A}", DB: "${DB}" } });
  expect(inputs.A).toMatchObject({ default: "1", hidden: true });
  expect(inputs.DB).toMatchObject({ hidden: false });
  expect(volumes).toEqual(["data"]);
});

test("the first port is where people reach it, by a port of the server that is asked for; the others stay", () => {
  const { template, services, inputs } = v("3", nginx).one();
  expect(template.routes).toMatchObject([{ service: "nginx", port: 80, publishedAs: "HTTP_PORT", primary: true }]);
  expect(services.nginx!.ports).toEqual(["53:53/udp", "${HTTP_PORT}:80"]);
  expect(inputs.HTTP_PORT).toMatchObject({ type: "port", generator: { kind: "port", from: 8080 } });
});

test("what a container says becomes compose: registry, command, hosts, rights; a folder of its host becomes a volume, its socket stays and is warned of", () => {
  const { services, rules, dropped, inputs } = v("2", {
    type: 1,
    title: "Big",
    description: "d",
    image: "a/b:1",
    registry: "ghcr.io",
    command: "run $HOME --x",
    hostname: "big",
    hosts: ["a:1.2.3.4"],
    privileged: true,
    interactive: true,
    network: "host",
    restart_policy: "unless-stopped",
    labels: [{ name: "a", value: "b" }],
    volumes: [
      { container: "/config", bind: "/portainer/Files/Big" },
      { container: "/var/run/docker.sock", bind: "/var/run/docker.sock" },
      { container: "/cache" },
      { container: "/etc/localtime", bind: "/etc/localtime", readonly: true },
    ],
    env: [
      {
        name: "MODE",
        label: "Mode",
        select: [
          { text: "One", value: "1" },
          { text: "Two", value: "2", default: true },
        ],
      },
      { name: "K", default: "d", preset: true },
    ],
  }).one();
  expect(services.big).toMatchObject({
    image: "ghcr.io/a/b:1",
    command: "run $$HOME --x",
    hostname: "big",
    extra_hosts: ["a:1.2.3.4"],
    privileged: true,
    tty: true,
    network_mode: "host",
    restart: "unless-stopped",
    volumes: [
      "portainer-files-big:/config",
      "/var/run/docker.sock:/var/run/docker.sock",
      "cache:/cache",
      "/etc/localtime:/etc/localtime:ro",
    ],
  });
  expect(inputs.MODE).toMatchObject({
    type: "select",
    default: "2",
    options: [
      { value: "1", label: "One" },
      { value: "2", label: "Two" },
    ],
  });
  expect(rules).toEqual(expect.arrayContaining(["docker-socket", "privileged", "host-network"]));
  expect(dropped.join("\n")).toMatch(/labels[^]*\/portainer\/Files\/Big/);
});

test("Windows, an unknown type and a stack that cannot be fetched are listed with the reason", () => {
  expect(v("2", { ...nginx, platform: "windows" }).get().problem).toMatch(/Windows/);
  expect(v("2", { ...nginx, type: 4 }).get().problem).toMatch(/type 4/);
  expect(
    v("2", { type: 3, title: "S", description: "d", repository: { url: "https://g.example/s", stackfile: "s.yml" } }).get().problem,
  ).toMatch(/s\.yml of https:\/\/g\.example\/s/);
});

test("a stack's file is asked for in its repository, and read from there", () => {
  const list = JSON.stringify({
    version: "2",
    templates: [{ type: 2, title: "S", description: "d", repository: { url: "https://g.example/s", stackfile: "./stacks/s.yml" } }],
  });
  const [need] = importers.portainer.needs!(new Map([["templates.json", list]]));
  expect(need).toEqual({ path: "https://g.example/s#stacks/s.yml", url: "https://g.example/s", file: "stacks/s.yml" });
  const compose =
    "version: '3'\nservices:\n  a:\n    image: x:1\n    ports: ['9000:9000']\n    deploy: {mode: global, placement: {constraints: [node.role == manager]}}\nnetworks: {n: {driver: overlay}}\n";
  const { services, model, dropped } = read("portainer", { "templates.json": list, [need!.path]: compose }).one();
  expect(services.a).toEqual({ image: "x:1", ports: ["${HTTP_PORT}:9000"] });
  expect(model).not.toHaveProperty("networks");
  expect(dropped.join()).toMatch(/swarm/);
});

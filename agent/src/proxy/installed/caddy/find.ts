import { failpoint } from "@appos/shared/failpoint";
import { wildcardOf } from "@appos/shared/wildcards";
import { JobFailure } from "../../../jobs/job-failure.ts";
import { jsonOf } from "../../../json.ts";
import { CommandFailed, type Machine } from "../../../machine/machine.ts";
import { refusal } from "../../refusal.ts";
import type { HostFacts } from "../host-facts.ts";
import { type Adapted, type CaddyServer, folderImports, type FolderImport, isClosed, serversIn } from "./read-caddyfile.ts";

/**
 * What this asks of it; from when on it knows how long a connection may outlive the configuration that it was opened by; and from when on it
 * has the texts of files as placeholders: https://github.com/caddyserver/caddy/pull/5463
 */
const [OLDEST, LASTING, READING] = [[2, 6] as const, [2, 7] as const, [2, 8] as const];

/** Caddy of this server, as it is set up just now. */
export interface FoundCaddy {
  /** What it was started by. */
  main: string;
  text: string;
  include: FolderImport;
  /** All other files of that folder. */
  others: string[];
  servers: CaddyServer[];
  facts: HostFacts;
}

const no = (message: string) => new JobFailure("PROXY_REFUSED", message);

/** Says by throwing what keeps it from serving domains. */
export async function findCaddy(machine: Machine): Promise<FoundCaddy> {
  const { hostCaddy, proxy } = machine;
  const main = await mainFile(machine);
  const version = await versionOf(machine);
  const text = await hostCaddy.read(main);
  if (text === undefined) throw no(`${main}, by which Caddy of this server was started, is not there.`);
  const home = folderOf(main);
  await hostCaddy.place(besideMain(main), undefined);
  const { include, names } = await theInclude(main, folderImports(text, home), machine);
  const others = names.filter((name) => include.pattern.test(name) && name !== include.own).map((name) => `${include.folder}/${name}`);
  const found = { main, text, include, others };
  const adapted = jsonOf((await told(found, "", ["adapt"], machine).catch(itsOwn)).join("\n")) as Adapted | undefined;
  if (isClosed(adapted ?? {}))
    throw no(`Caddy of this server has its administration off (admin off in ${main}), and so cannot be told to reload.`);
  const servers = serversIn(adapted ?? {});
  const at = (port: number) => {
    const theirs = servers.filter((each) => each.port === port).map(({ address }) => address);
    // Who comes to one address meets only who listens on it; the agent comes to this one.
    return theirs.length === 0 || theirs.includes("") ? [] : [...new Set([...theirs, "127.0.0.1"])].sort();
  };
  const facts: HostFacts = {
    program: "caddy",
    include: `${include.folder}/${include.own}`,
    listen: { http: at(proxy.http), https: at(proxy.https) },
    alone: { http: false, https: false },
    ...(isOlder(version, LASTING) && { endsStreams: true }),
    ...(!isOlder(version, READING) && { readsAddresses: true }),
  };
  return { ...found, servers, facts };
}

const folderOf = (path: string) => path.slice(0, path.lastIndexOf("/"));
const besideMain = (main: string) => `${folderOf(main)}/.appos-next`;

/** The file that it was started by: nothing of what it was told over its administration since counts once it starts anew. */
export async function mainFile({ hostCaddy, proxy }: Pick<Machine, "hostCaddy" | "proxy">): Promise<string> {
  const started = await hostCaddy.started();
  if (!started)
    throw no(
      `Caddy of this server is not running on port ${proxy.http} or ${proxy.https}. Start it with: systemctl start caddy. ` +
        "While another proxy of AppOS has these ports, that has to stop first: remove the server's domains, start Caddy, choose it, and add them again.",
    );
  const { args, folder } = started;
  const valueOf = (...names: string[]) => {
    const at = args.findIndex((each) => names.includes(each.split("=")[0]!));
    return at === -1 ? undefined : (args[at]!.split("=")[1] ?? args[at + 1]);
  };
  if (args[0] !== "run" || args.some((each) => each === "--resume" || each === "-r"))
    throw no(
      `Caddy of this server was started as "caddy ${args.join(" ")}", and not by a Caddyfile. Start it with: caddy run --config /etc/caddy/Caddyfile`,
    );
  const given = valueOf("--config", "-c") ?? "Caddyfile";
  const adapter = valueOf("--adapter", "-a") ?? (/caddyfile/i.test(given) && !given.endsWith(".json") ? "caddyfile" : "none");
  if (adapter !== "caddyfile") throw no(`Caddy of this server is configured by ${given}, which is no Caddyfile and so imports no files.`);
  return given.startsWith("/") ? given : `${folder}/${given}`;
}

/** As `v2.6.2 h1:…` or `2.11.2`. */
async function versionOf({ hostCaddy }: Machine): Promise<readonly [number, number]> {
  const { stdout } = await hostCaddy.run(["version"]);
  const [, major, minor] = /^v?(\d+)\.(\d+)/.exec(stdout.join("\n")) ?? [];
  const version = [Number(major), Number(minor)] as const;
  if (isOlder(version, OLDEST))
    throw no(`Caddy of this server is ${version.join(".")}, and has to be ${OLDEST.join(".")} or newer. Choose a proxy in a container.`);
  return version;
}
const isOlder = ([major, minor]: readonly [number, number], [a, b]: readonly [number, number]) => major < a || (major === a && minor < b);

async function theInclude(main: string, all: FolderImport[], { files }: Machine): Promise<{ include: FolderImport; names: string[] }> {
  for (const include of all) {
    const seen = await files.look(include.folder);
    if (seen?.folder) return { include, names: seen.names.sort() };
  }
  const folder = `${folderOf(main)}/conf.d`;
  throw no(
    `${main} imports no folder of files for AppOS to add one to. Make the folder ${folder}, and add this line at the end of ${main}: import ${folder}/*.caddyfile`,
  );
}

/** What Caddy answers about all that it is configured by, with `ours` in the place of our part. */
async function told(
  { main, text, include, others }: Pick<FoundCaddy, "main" | "text" | "include" | "others">,
  ours: string,
  command: string[],
  { hostCaddy }: Machine,
) {
  const beside = besideMain(main);
  // Relative names count from the folder of the file that they are in.
  const all = [...others.map((path) => `import "${path}"`), ours];
  try {
    await hostCaddy.place(beside, `${text.slice(0, include.from)}${all.join("\n")}${text.slice(include.to)}`);
    if (ours !== "") failpoint("agent: the next configuration of the host is beside its own");
    return (await hostCaddy.run([...command, "--adapter", "caddyfile", "--config", beside])).stdout;
  } finally {
    await hostCaddy.place(beside, undefined);
  }
}

function itsOwn(error: unknown): never {
  throw error instanceof CommandFailed
    ? refusal(error, "Caddy of this server does not take its own configuration, so nothing is added to it")
    : error;
}

/** So nothing that Caddy would read, whoever has it start or reload just then, has not passed its check. */
export const checkBeside = async (found: FoundCaddy, next: string, machine: Machine) =>
  void (await told(found, next, ["validate"], machine));

/** What it serves already stays its own: says by throwing which name that is. */
export function mustBeFree(names: string[], { servers, main }: FoundCaddy, { http, https }: Machine["proxy"]): void {
  const here = new Set(servers.filter(({ port }) => port === http || port === https).flatMap((each) => each.names));
  for (const name of names)
    if ([name, wildcardOf(name) ?? name].some((each) => here.has(each)))
      throw no(
        `${name} is served by Caddy of this server already, as ${main} or a file that it imports says. Take it out of there and reload Caddy, or remove the domain here.`,
      );
}

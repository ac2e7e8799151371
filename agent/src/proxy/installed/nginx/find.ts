import { JobFailure } from "../../../jobs/job-failure.ts";
import { CommandFailed, type Machine } from "../../../machine/machine.ts";
import { refusal } from "../../refusal.ts";
import type { HostFacts } from "../host-facts.ts";
import {
  type ConfigFile,
  covers,
  filesIn,
  foldersIncluded,
  type FolderInclude,
  type HostServer,
  OWN_FILE,
  portOf,
  serversIn,
} from "./read-dump.ts";

/** What this asks of it. */
const [MAJOR, MINOR] = [1, 22];

/** Nginx of this server, as it is set up just now. */
export interface FoundNginx {
  main: ConfigFile;
  files: ConfigFile[];
  include: FolderInclude;
  servers: HostServer[];
  facts: HostFacts;
}

/** Says by throwing what keeps it from serving domains. */
export async function findNginx(machine: Machine): Promise<FoundNginx> {
  const { hostNginx, proxy, files: own } = machine;
  const { stderr } = await hostNginx.run(["-v"], "").catch((error: unknown) => {
    throw error instanceof CommandFailed ? no(`${error.message}. Install it, or choose a proxy in a container.`) : error;
  });
  const [, major, minor] = /nginx\/(\d+)\.(\d+)/.exec(stderr.join("\n")) ?? [];
  if (Number(major) < MAJOR || (Number(major) === MAJOR && Number(minor) < MINOR))
    throw no(`Nginx of this server is ${major}.${minor}, and has to be ${MAJOR}.${MINOR} or newer. Choose a proxy in a container.`);
  const files = await configuration(machine);
  const [main] = files;
  if (main) await hostNginx.place(besideMain(main), undefined);
  if (!main) throw no("Nginx of this server does not say what it is configured by (nginx -T).");
  const servers = files.filter(({ path }) => !path.startsWith(`${machine.folder}/`)).flatMap(readServers);
  const include = await theInclude(main, own);
  if (!(await hostNginx.hasPort(proxy.http, proxy.https)))
    throw no(
      `Nginx of this server is not running on port ${proxy.http} or ${proxy.https}. Start it with: systemctl start nginx. ` +
        "While another proxy of AppOS has these ports, that has to stop first: remove the server's domains, start Nginx, choose it, and add them again.",
    );
  const file = `${include.folder}/${OWN_FILE}`;
  return { main, files: files.filter(({ path }) => path !== file), include, servers, facts: factsOf(servers, file, proxy) };
}

/** Where its main file is written once more to be checked. What is there of an agent that was killed is removed by the next one. */
export const besideMain = ({ path }: ConfigFile) => `${path.slice(0, path.lastIndexOf("/"))}/.appos-next.conf`;

const no = (message: string) => new JobFailure("PROXY_REFUSED", message);

/** All of it, which it reads only where it takes it. */
async function configuration({ hostNginx }: Pick<Machine, "hostNginx">): Promise<ConfigFile[]> {
  const { stdout } = await hostNginx.run(["-T", "-q", "-e", "stderr"]).catch((error: unknown) => {
    throw refusal(error, "Nginx of this server does not take its own configuration, so nothing is added to it");
  });
  return filesIn(stdout);
}

function readServers(file: ConfigFile): HostServer[] {
  try {
    return serversIn(file);
  } catch (error) {
    throw no(`${file.path} cannot be read as AppOS reads it, so which names it serves is not known. ${(error as Error).message}`);
  }
}

async function theInclude(main: ConfigFile, files: Machine["files"]): Promise<FolderInclude> {
  for (const each of foldersIncluded(main)) if ((await files.look(each.folder))?.folder) return each;
  const folder = `${main.path.slice(0, main.path.lastIndexOf("/"))}/conf.d`;
  throw no(
    `${main.path} includes no folder of files for AppOS to add one to. Make the folder ${folder}, and add this line to the block http of ${main.path}: include ${folder}/*.conf;`,
  );
}

const isLoopback = (listen: string) => /^(127\.|localhost\b|\[::1\])/.test(listen);
const plain = (listen: string, port: number) => (/^(\*:|0\.0\.0\.0:)?\d+$/.test(listen) || listen === "*" ? String(port) : listen);

/** Our sites listen where the others do: who comes to one address meets only those that listen on it. */
function factsOf(servers: HostServer[], include: string, { http, https }: Machine["proxy"]): HostFacts {
  const at = (port: number) => {
    const theirs = servers.flatMap(({ listen }) => (listen.length === 0 ? ["80"] : listen)).filter((each) => portOf(each) === port);
    return [...new Set(theirs.map((each) => plain(each, port)))].sort();
  };
  const all = { http: at(http), https: at(https) };
  const isAlone = { http: !all.http.some((each) => !isLoopback(each)), https: !all.https.some((each) => !isLoopback(each)) };
  // As open as the other one is.
  const both = [...all.http, ...all.https].some((each) => each.startsWith("[::]"));
  const fresh = (port: number) => [String(port), ...(both ? [`[::]:${port}`] : [])];
  return {
    program: "nginx",
    include,
    listen: {
      http: isAlone.http ? [...new Set([...all.http, ...fresh(http)])] : all.http,
      https: isAlone.https ? [...new Set([...all.https, ...fresh(https)])] : all.https,
    },
    alone: isAlone,
  };
}

/** What it serves already stays its own: says by throwing which name that is. */
export function mustBeFree(names: string[], { servers }: FoundNginx, { http, https }: Machine["proxy"]): void {
  const here = servers.filter(({ listen }) => listen.length === 0 || listen.some((each) => [http, https].includes(portOf(each) ?? 0)));
  for (const name of names) {
    const server = here.find((each) => each.names.some((pattern) => covers(pattern, name)));
    if (server)
      throw no(
        `${name} is served by Nginx of this server already, as ${server.file} says. Take it out of there and reload Nginx, or remove the domain here.`,
      );
  }
}

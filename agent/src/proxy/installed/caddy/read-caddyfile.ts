/** A line that has Caddy read all files of a folder. */
export interface FolderImport {
  folder: string;
  /** What a file of ours is to be called for that. */
  own: string;
  /** Which of its files. */
  pattern: RegExp;
  from: number;
  to: number;
}

const IMPORT = /^import\s+(?:"([^"]+)"|`([^`]+)`|(\S+))\s*(?:#.*)?$/;

/**
 * Imports outside of all blocks, of whatever there is in a folder: https://caddyserver.com/docs/caddyfile/directives/import. A block begins
 * where a line ends with a brace, and ends with a line of one. What is taken for more than it is, Caddy refuses when it checks.
 */
export function folderImports(text: string, home: string): FolderImport[] {
  const found: FolderImport[] = [];
  let [depth, at] = [0, 0];
  for (const whole of text.split("\n")) {
    const line = whole.trim();
    const from = at + whole.indexOf(line);
    at += whole.length + 1;
    if (line.startsWith("#")) continue;
    if (depth === 0) found.push(...importIn(line, home, from));
    const code = line.replace(/\s#.*$/, "");
    if (/(^|\s)\{$/.test(code)) depth++;
    else if (code === "}") depth--;
  }
  return found;
}

function importIn(line: string, home: string, from: number): FolderImport[] {
  const match = IMPORT.exec(line);
  const what = match?.[1] ?? match?.[2] ?? match?.[3];
  if (what === undefined) return [];
  const path = what.startsWith("/") ? what : `${home}/${what}`;
  const [folder, name] = [path.slice(0, path.lastIndexOf("/")), path.slice(path.lastIndexOf("/") + 1)];
  const [, ending] = /^\*((?:\.[A-Za-z]+)?)$/.exec(name) ?? [];
  if (ending === undefined || /[*?[{]/.test(folder)) return [];
  const pattern = new RegExp(`^[^.].*${ending.replace(".", "[.]")}$`);
  return [{ folder, own: `appos${ending || ".caddyfile"}`, pattern, from, to: from + line.length }];
}

/** What Caddy makes of a Caddyfile, as far as it is looked at: https://caddyserver.com/docs/json/apps/http/servers/ */
interface Adapted {
  admin?: { disabled?: boolean };
  apps?: { http?: { servers?: Record<string, { listen?: string[]; routes?: { match?: { host?: string[] }[] }[] }> } };
}

export interface CaddyServer {
  port: number;
  /** Empty where it is any. */
  address: string;
  names: string[];
}

/** Its servers, one for each address and port. */
export const serversIn = ({ apps }: Adapted): CaddyServer[] =>
  Object.values(apps?.http?.servers ?? {}).flatMap(({ listen = [], routes = [] }) => {
    const names = routes.flatMap(({ match = [] }) => match.flatMap(({ host = [] }) => host.map((name) => name.toLowerCase())));
    return listen.flatMap((each) => {
      const [, address, port] = /^(?:tcp\d?\/)?(.*):(\d+)$/.exec(each) ?? [];
      return address === undefined ? [] : [{ port: Number(port), address: /^(0\.0\.0\.0|\[::\])$/.test(address) ? "" : address, names }];
    });
  });

/** Nobody can tell it to serve by something else. */
export const isClosed = ({ admin }: Adapted) => admin?.disabled === true;

export type { Adapted };

import { type Directive, readNginx } from "../../read-nginx.ts";

/** A file that nginx reads, as `nginx -T` shows it. */
export interface ConfigFile {
  path: string;
  text: string;
}

const HEAD = /^# configuration file (.+):$/;

/** The main one first, then the others as they are included. */
export function filesIn(dump: readonly string[]): ConfigFile[] {
  const files: { path: string; lines: string[] }[] = [];
  for (const line of dump) {
    const [, path] = HEAD.exec(line) ?? [];
    if (path !== undefined) files.push({ path, lines: [] });
    else files.at(-1)?.lines.push(line);
  }
  return files.map(({ path, lines }) => ({ path, text: lines.join("\n") }));
}

/** A server of nginx's: on what it listens, and by which names. */
export interface HostServer {
  file: string;
  listen: string[];
  names: string[];
}

/** Those that visitors come to over HTTP and HTTPS. Throws where a file cannot be taken apart. */
export function serversIn({ path, text }: ConfigFile): HostServer[] {
  const found: HostServer[] = [];
  const look = (within: Directive[]) => {
    for (const { words, inner, isBlock } of within) {
      if (!isBlock || words[0] === "stream" || words[0] === "mail") continue;
      if (words[0] === "server") {
        const its = (name: string) => inner.filter((each) => each.words[0] === name && !each.words.includes("quic"));
        found.push({
          file: path,
          listen: its("listen").map((each) => each.words[1] ?? ""),
          names: its("server_name").flatMap((each) => each.words.slice(1).map((name) => name.toLowerCase())),
        });
      } else look(inner);
    }
  };
  look(readNginx(text));
  return found;
}

/** Its port, where that is one: a server that does not say has 80. */
export function portOf(listen: string): number | undefined {
  if (listen.startsWith("unix:")) return undefined;
  const [, port] = /(?:^|:)(\d+)$/.exec(listen) ?? [];
  return port === undefined || /^\[[^\]]*$/.test(listen) ? 80 : Number(port);
}

/** Whether nginx has this name go to a server by another one of its names: an exact one, or one with an asterisk. */
export function covers(pattern: string, name: string): boolean {
  if (pattern.startsWith("~")) return false;
  if (pattern.startsWith("*.")) return name.endsWith(pattern.slice(1));
  if (pattern.endsWith(".*")) return name.startsWith(pattern.slice(0, -1));
  if (pattern.startsWith(".")) return name === pattern.slice(1) || name.endsWith(pattern);
  return pattern === name;
}

/** A directive that has nginx read all files of a folder. */
export interface FolderInclude {
  folder: string;
  /** Which of its files. */
  pattern: RegExp;
  from: number;
  to: number;
}

/** Folders of which the block `http` of the main file includes what ends in `.conf`. */
export function foldersIncluded({ path, text }: ConfigFile): FolderInclude[] {
  const home = path.slice(0, path.lastIndexOf("/"));
  const http = readNginx(text).find(({ words, isBlock }) => words[0] === "http" && isBlock);
  return (http?.inner ?? []).flatMap(({ words: [kind, what = ""], from, to }) => {
    const at = what.startsWith("/") ? what : `${home}/${what}`;
    const [folder, name] = [at.slice(0, at.lastIndexOf("/")), at.slice(at.lastIndexOf("/") + 1)];
    if (kind !== "include" || !name.includes("*") || /[*?[]/.test(folder)) return [];
    const pattern = new RegExp(
      `^${name
        .replace(/[^\w*?]/g, String.raw`\$&`)
        .replaceAll("*", ".*")
        .replaceAll("?", ".")}$`,
    );
    return pattern.test(OWN_FILE) ? [{ folder, pattern, from, to }] : [];
  });
}

/** Ours among them. */
export const OWN_FILE = "appos.conf";

/** What the lines of a failed `compose pull` or `compose up` mean. */
export type Diagnosis =
  | { kind: "port-taken"; port: number; container: string | undefined; line: string }
  | { kind: "dependency"; container: string; line: string }
  | { kind: "no-image"; line: string }
  | { kind: "name-conflict" | "disk-full" | "docker-lost" | "other"; line: string };

const noImage =
  /manifest unknown|manifest for .* not found|pull access denied|repository does not exist|repository .* not found|no such image|invalid reference format|: not found$|no matching manifest/i;
const lost =
  /cannot connect to the docker daemon|error during connect|connection refused|connection reset by peer|broken pipe|unexpected EOF|\bEOF$|daemon is shutting down|context canceled/i;

/** What the engine itself has said: it is there. */
const fromEngine = /^Error response from daemon: |^\s*\S+ Error /;

/** From the last line that says something we know; else from the last line. */
export function diagnose(lines: readonly string[]): Diagnosis {
  for (const line of lines.toReversed()) {
    if (/port is already allocated|address already in use/i.test(line)) {
      const port = Number(/:(\d{1,5})(?=\D|$)/.exec(line.replace(/^.*?(?=Bind for|listen |bind host port)/, ""))?.[1]);
      return { kind: "port-taken", port, container: /on endpoint (\S+)/.exec(line)?.[1], line: words(line) };
    }
    const dependency = /dependency failed to start: container (\S+)/.exec(line)?.[1];
    if (dependency) return { kind: "dependency", container: dependency, line: words(line) };
    if (/container name .* is already in use/i.test(line)) return { kind: "name-conflict", line: words(line) };
    if (/no space left on device/i.test(line)) return { kind: "disk-full", line: words(line) };
    if (noImage.test(line)) return { kind: "no-image", line: words(line) };
    if (lost.test(line) && !fromEngine.test(line)) return { kind: "docker-lost", line: words(line) };
  }
  return { kind: "other", line: words(lines.findLast((line) => line.trim() !== "") ?? "") };
}

const words = (line: string) => line.trim().replace(/^Error response from daemon: /, "");

import { block, type Lines, token } from "./nginx-text.ts";
import type { ResolvedRoute, Upstream } from "./resolved.ts";

/** What a request is tried at, one after the other. */
const TRIES = ["$appos_first", "$appos_second", "$appos_third"] as const;

/** A route as nginx has it: what stands around all servers, and what stands in each server that has it. */
export interface NginxRoute {
  /** Which of several containers a request goes to. */
  choices: Lines;
  /** Each by what it is for, as in `= /api`. */
  locations: [at: string, body: Lines][];
  /** Another container is tried where one is gone. */
  several: boolean;
}

/**
 * Containers are named by variables: nginx then looks a name up when a request comes, starts without them, and follows one that is made anew.
 * A group of servers (`upstream`) looks names up only once before 1.27.3, and refuses to start where one is not there. The name that
 * Docker gives to all containers of a service would be balanced by nginx itself, but it is of old and new ones alike during a deployment.
 * So a request is given to one container by chance, and to the next one where the proxy could not reach that: see `tryOthers`.
 */
export function nginxRoute({ path, upstreams, beside }: ResolvedRoute, index: number, live: string): NginxRoute {
  const usual = chosen(upstreams, `$appos_r${index}_`);
  const others = chosen(beside?.upstreams ?? [], `$appos_b${index}_`);
  const isDown = upstreams.length === 0 && !beside;
  const several = Math.max(upstreams.length, beside?.upstreams.length ?? 0) > 1;
  const tries = several ? TRIES : TRIES.slice(0, 1);
  const set = ({ values }: Choice) => tries.map((name, i) => `set ${name} ${values[i] ?? '""'};`);
  const body = isDown
    ? ["return 503;"]
    : [
        ...set(usual),
        // A `stat` for each request: nothing has to be reloaded to go from one to the other.
        ...(beside ? block(`if (-f ${live}/${token(beside.file)})`, set(others)) : []),
        ...(upstreams.length === 0 || beside?.upstreams.length === 0 ? ['if ($appos_first = "") { return 503; }'] : []),
        ...(several ? ["error_page 502 504 = @second;", "error_page 503 @down;"] : []),
        "proxy_pass http://$appos_first;",
      ];
  const places = path === "/" ? ["/"] : [`= ${token(path)}`, `${token(path)}/`];
  return { choices: [...usual.choices, ...others.choices], locations: places.map((at) => [at, body]), several };
}

interface Choice {
  choices: Lines;
  /** For each try. */
  values: string[];
}

/** The same request always gets the same number, so the next try is at another one than the last. */
function chosen(upstreams: Upstream[], name: string): Choice {
  const all = upstreams.map(({ host, port }) => `${token(host)}:${token(port)}`);
  if (all.length < 2) return { choices: [], values: all };
  const tries = TRIES.slice(0, all.length);
  const share = `${(Math.floor(10_000 / all.length) / 100).toFixed(2)}%`;
  const turned = (by: number) => all.map((_, i) => `${i === all.length - 1 ? "*" : share} ${all[(i + by) % all.length]};`);
  return {
    choices: tries.flatMap((_, i) => block(`split_clients $request_id ${name}${i}`, turned(i))),
    values: tries.map((_, i) => `${name}${i}`),
  };
}

/**
 * Where the first container could not be reached. What comes with a body is not tried again: parts of it are gone, for it is not gathered
 * before it is passed on. Nor is what may have been done already. Those are answered by the page of a site that is down.
 */
export const tryOthers: Lines = [
  ...block("location @second", [
    "if ($appos_repeatable = 0) { return 503; }",
    'if ($appos_second = "") { return 503; }',
    "error_page 502 504 = @third;",
    "error_page 503 @down;",
    "proxy_pass http://$appos_second;",
  ]),
  ...block("location @third", ['if ($appos_third = "") { return 503; }', "proxy_pass http://$appos_third;"]),
];

export const repeatable: Lines = block('map "$request_method:$content_length:$http_transfer_encoding" $appos_repeatable', [
  "default 0;",
  '"~^(GET|HEAD|OPTIONS):0?:$" 1;',
]);

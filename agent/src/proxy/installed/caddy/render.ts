import { PROXY_HEADER } from "@appos/shared/site-check";
import { sumOf } from "../../nginx-text.ts";
import { downPage, unknownPage } from "../../pages.ts";
import { PROBE_PATH } from "../../probes.ts";
import { byPrecision, type Resolved, type ResolvedRoute, type ResolvedSite, type Upstream } from "../../resolved.ts";
import { type OwnNames, ownNames } from "../../wildcards.ts";
import { type HostPlaces, OWN_NAME } from "../host-facts.ts";
import { block, type Lines, ours, token } from "./caddyfile.ts";
import { beforePaths, errors, page } from "./options.ts";

/** Answered with 204 only by a Caddy that serves by this configuration. */
export const caddyMark = (text: string): string => /handle (\/\.well-known\/appos\/[0-9a-f]{16}) /.exec(text)![1]!;

/** The file of a key and its certificate, among those that Caddy alone is shown. */
export const keptName = (file: string) => file.replace(/^certificates\//, "").replaceAll("/", "-");

interface Around extends HostPlaces {
  model: Resolved;
  owned: OwnNames;
}

/**
 * What Caddy of the server imports among what is its own, for 2.6 and newer: it does what renderCaddy's does. Differences: certificates are
 * got by the agent, as for Nginx, so a name is served over HTTP until it has one; and a change of containers is another file.
 */
export function renderHostCaddy(model: Resolved, places: HostPlaces): string {
  const around: Around = { ...places, model, owned: ownNames(model) };
  const own = model.sites.flatMap((site) => sites(site, around));
  const mark = `${PROBE_PATH}/${sumOf(JSON.stringify([own, model.id]))}`;
  const marked = oneSite(`http://${OWN_NAME}`, false, around, [
    ...block(`handle ${token(mark)}`, ["respond 204"]),
    ...block("handle", ["respond 404"]),
  ]);
  return `${["# Written by AppOS, and written anew by it: changes made here are lost.", ...own, ...marked].join("\n")}\n`;
}

/** A name over HTTP, and over HTTPS once it has a certificate: not before is anybody sent there. */
function sites(site: ResolvedSite, around: Around): Lines {
  const { name, alias, https, forceHttps } = site;
  const { certificates } = around.model;
  const certificate = (of: string) => (https === "off" ? undefined : certificates.get(of));
  const both = (of: string, inner: (secure: boolean) => Inner): Lines => {
    const file = certificate(of);
    const challenge = https === "acme" ? challenges(around) : [];
    const plain = file !== undefined && forceHttps ? { parts: redirect("https://{host}") } : inner(false);
    const overHttp = oneSite(`http://${of}`, false, around, [...challenge, ...plain.parts], plain.after);
    if (file === undefined) return overHttp;
    const secure = inner(true);
    return [...overHttp, ...oneSite(`https://${of}`, true, around, secure.parts, [tls(file, around), ...(secure.after ?? [])])];
  };
  const scheme = certificate(name) === undefined ? "http" : "https";
  const app = (secure: boolean): Inner => ({
    parts: [
      ...notOwn(site, around),
      ...beforePaths(site, secure),
      ...byPrecision(site.routes).flatMap((route, i) => toApp(route, i, site, around)),
      ...block("handle", page(404, unknownPage)),
    ],
    after: errors(site, secure, around.shown),
  });
  return [...both(name, app), ...(alias === null ? [] : both(alias, () => ({ parts: redirect(`${scheme}://${token(name)}`) })))];
}

interface Inner {
  /** In the order in which they are asked. */
  parts: Lines;
  /** What stands beside them. */
  after?: Lines;
}

/** For whoever wants to know whether the proxy answers, and not its apps; and which proxy it is. */
const alive = (id: string): Lines =>
  block(`handle ${PROBE_PATH}`, [`header ${PROXY_HEADER} ${token(id)}`, "header Cache-Control no-store", "respond 204"]);

function oneSite(address: string, secure: boolean, { model, facts, ports }: Around, parts: Lines, after: Lines = []): Lines {
  const binds = secure ? facts.listen.https : facts.listen.http;
  return block(`${token(address)}:${secure ? ports.https : ports.http}`, [
    ...(binds.length > 0 ? [`bind ${binds.map(token).join(" ")}`] : []),
    ...after,
    ...block("route", [...alive(model.id), ...parts]),
  ]);
}

/** Key and certificates are in one file, so that they are never of two. */
const tls = (file: string, { keys }: Around) => {
  const path = `${token(keys)}/${token(keptName(file))}`;
  return `tls ${path} ${path}`;
};

const challenges = ({ shown }: Around): Lines =>
  block("handle_path /.well-known/acme-challenge/*", [`root * ${token(shown)}/challenges`, "file_server"]);

const redirect = (to: string): Lines => [`redir ${ours(`${to}{uri}`)} 308`];

/** Names that are served by sites of their own, and that a star would take where those do not answer. */
function notOwn({ name }: ResolvedSite, { owned }: Around): Lines {
  const names = owned.get(name) ?? [];
  return names.length === 0 ? [] : [`@other host ${names.map(token).join(" ")}`, ...block("handle @other", page(404, unknownPage))];
}

/** Caddy cleans a path before it compares, and compares whole parts. */
function toApp(route: ResolvedRoute, index: number, site: ResolvedSite, around: Around): Lines {
  const { path, upstreams } = route;
  const to = upstreams.length > 0 ? proxied(route, around) : whileDown(site);
  if (path === "/") return block("handle", to);
  return [`@path${index} path ${token(path)} ${token(path)}/*`, ...block(`handle @path${index}`, to)];
}

/** A page of its own is told with the errors. */
const whileDown = ({ downPage: own }: ResolvedSite): Lines => (own === undefined ? page(503, downPage) : ["error 503"]);

/**
 * Looked up for each request, so that nothing has to be reloaded where other containers serve: each reload turns a few visitors away that come
 * just then. Where a file is gone there is nothing to dial. See proxyTo of renderCaddy for the rest.
 */
function proxied(route: ResolvedRoute, { facts, keys }: Around): Lines {
  const files = facts.readsAddresses ? [...addressesOf(route).keys()] : [];
  const to = files.length > 0 ? files.map((_, i) => `{vars.appos_to${i}}`) : route.upstreams.map(dialled);
  return [
    ...files.map((file, i) => `vars appos_to${i} {file.${token(keys)}/${token(file)}}`),
    ...block(`reverse_proxy ${to.join(" ")}`, [
      "lb_try_duration 3s",
      "lb_try_interval 100ms",
      ...(facts.endsStreams ? [] : ["stream_close_delay 5m"]),
      ...block("transport http", ["dial_timeout 3s", "keepalive 5s", "keepalive_idle_conns_per_host 100"]),
    ]),
  ];
}
const dialled = ({ host, port }: Upstream) => token(`${host}:${port}`);

/** The files of a route's addresses: by name, what is in them. */
export const addressesOf = ({ of, upstreams }: ResolvedRoute): Map<string, string> =>
  new Map(of === undefined ? [] : upstreams.map((each, i) => [`to-${sumOf(`${of} ${each.port}`)}-${i}`, dialled(each)]));

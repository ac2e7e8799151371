import { alive, type Around, nginxMaps, nginxSettings, nginxSites, unknown } from "../../nginx.ts";
import { block, type Lines, sumOf, token } from "../../nginx-text.ts";
import { PROBE_PATH } from "../../probes.ts";
import type { Resolved } from "../../resolved.ts";
import { type HostPlaces, OWN_NAME } from "../host-facts.ts";

/** As nginx writes them; brackets are those of IPv6. */
function address(text: string): string {
  if (!/^[\w.:[\]*-]+$/.test(text)) throw new Error(`${JSON.stringify(text)} is no address to listen on`);
  return text;
}

/**
 * What Nginx of the server includes among what is its own: the sites of renderNginx, with all that they need in their own servers, and
 * nothing that another site would notice. What that says of HTTP/2 on an address goes for our sites as well.
 */
export function renderHostNginx(model: Resolved, { facts, shown, keys }: HostPlaces): string {
  const listen = {
    http: facts.listen.http.map((each) => `listen ${address(each)};`),
    https: facts.listen.https.map((each) => `listen ${address(each)} ssl;`),
  };
  const around: Around = {
    listen,
    inServer: ({ access, maxBodyMb }) => [
      ...nginxSettings,
      // The password is the site's: see appAuthorization.
      `proxy_set_header Authorization ${access?.users.length ? '""' : "$http_authorization"};`,
      ...(maxBodyMb === undefined ? ["client_max_body_size 0;"] : []),
    ],
    shown,
    keys,
    live: "",
    challenges: `${shown}/challenges`,
  };
  const own: Lines = [
    ...nginxMaps,
    // Who comes first on an address answers for all names that are nobody's.
    ...(facts.alone.http ? block("server", [...listen.http, 'server_name "";', ...alive(model.id), ...unknown([])]) : []),
    ...(facts.alone.https ? block("server", [...listen.https, 'server_name "";', "ssl_reject_handshake on;"]) : []),
    ...nginxSites(model, around),
  ];
  const mark = `${PROBE_PATH}/${sumOf(JSON.stringify([own, model.id]))}`;
  const marked = block("server", [
    ...listen.http,
    `server_name ${OWN_NAME};`,
    ...alive(model.id),
    `location = ${token(mark)} { return 204; }`,
    "location / { return 404; }",
  ]);
  return `${["# Written by AppOS, and written anew by it: changes made here are lost.", ...own, ...marked].join("\n")}\n`;
}

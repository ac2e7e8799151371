import { ZONE } from "./acme.ts";
import type { House } from "./house.ts";
import { type Act, choose, dialogPress, dialogSays, fill, has, inTurn, type Place, press, says } from "./place.ts";

const adding = (domain: string, ...acts: Act[]) => inTurn(press("Add domain"), fill("Domain", domain), ...acts);
const choosing = (program: string) =>
  inTurn(press("Change the proxy's program"), (page) => page.getByRole("radio", { name: program, exact: true }).check());
const provider = press("Add DNS provider");

/** Forms about domains and certificates that need none to be there. */
export function domainForms({ shop }: House): Place[] {
  const settings = { path: "/settings", ready: has("button", "Sign out") };
  const domains = { path: `/apps/${shop}/domains`, ready: has("button", "Add domain") };
  return [
    { name: "app-domain-wildcard", ...domains, act: adding("*.example.net", dialogSays("needs a DNS provider that has example.net")) },
    { name: "settings-provider", ...settings, act: inTurn(provider, choose("Provider", "rfc2136")) },
    { name: "settings-certificate", ...settings, act: press("Add certificate") },
    { name: "server-proxy", path: "/servers/local", ready: says(/Compose/), act: choosing("Nginx of this server") },
  ];
}

/** What there is to see once a house has domains and certificates. */
export function domainPages({ shop }: House): Place[] {
  const domains = { path: `/apps/${shop}/domains`, ready: has("link", /^https:\/\/nowhere/) };
  const settings = { path: "/settings", ready: says("Cloudflare, for") };
  const server = { path: "/servers/local", ready: says("Leads to 192.0.2.10:9") };
  const asking = (url: string) =>
    inTurn(press(new RegExp(`(Why is this not reachable|Check).${url}`)), dialogSays(/^(Nothing is wrong|.* is the first)/));
  const own = { Name: "Own", Zones: "example.net, zone", Server: "ns1", "Key name": "appos", Secret: "not base64!" };
  const fillAll = (given: Record<string, string>) => Object.entries(given).map(([label, value]) => fill(label, value));
  const ownProvider = inTurn(
    provider,
    choose("Provider", "rfc2136"),
    ...fillAll(own),
    dialogPress("Add DNS provider"),
    dialogSays("base64"),
  );
  const newer = fillAll({ "Certificate and chain": "none", "Private key": "none" });
  const itself = fillAll({ Domain: "nas.lan", Address: "127.0.0.1", Port: "9" });
  return [
    { name: "domains-full", path: "/domains", ready: domains.ready },
    { name: "domains-of-app", ...domains },
    { name: "domain-proof", ...domains, act: adding(`new.${ZONE}`, choose("Proof of ownership", "http")) },
    { name: "domain-own", ...domains, act: adding(`new.${ZONE}`, choose("HTTPS", "own")) },
    { name: "domain-wildcard", ...domains, act: adding(`*.sub.${ZONE}`) },
    { name: "domain-change", ...domains, act: press(`Change https://a.own.${ZONE}`) },
    { name: "domain-wrong", ...domains, act: asking("https://nowhere") },
    { name: "domain-right", ...domains, act: asking(`https://shop.${ZONE}`) },
    { name: "settings-full", ...settings },
    { name: "settings-authority", ...settings, act: press("Change where certificates come from") },
    {
      name: "settings-replace",
      ...settings,
      act: inTurn(press("Replace"), ...newer, dialogPress("Replace"), dialogSays("There is no private key")),
    },
    { name: "settings-provider-wrong", ...settings, act: ownProvider },
    { name: "settings-provider-change", ...settings, act: press("Change Company") },
    {
      name: "settings-provider-used",
      ...settings,
      act: inTurn(press("Remove Our own"), dialogPress("Remove DNS provider"), dialogSays("Domains use it")),
    },
    { name: "server-addresses", ...server },
    {
      name: "server-address-wrong",
      ...server,
      act: inTurn(press("Add an address"), ...itself, dialogPress("Add address"), dialogSays("is the server itself")),
    },
  ];
}

import { parse } from "yaml";
import { z } from "zod";

// What Traefik 3 takes, for tests: of what AppOS uses, each field with its type and no other. The fields are those of the JSON schema
// traefik-v3-file-provider.json of SchemaStore, with what came since by traefik's own file.yaml and configuration-options.md (v3.6). What is
// stricter here is by pkg/config/dynamic and its parser: a map or list of nothing is refused ("cannot be a standalone element"), but for the
// few that may be empty.

const Duration = z.string().regex(/^\d+(ms|s|m|h)$/);
const some = <T extends z.ZodType>(each: T) => z.record(z.string().regex(/^[^@]+$/), each).refine((all) => Object.keys(all).length > 0);
const Names = z.array(z.string().min(1)).min(1);

const Router = z.strictObject({
  entryPoints: z.array(z.enum(["web", "websecure", "own"])).length(1),
  rule: z.string().min(1),
  // 0 would be as if there were none.
  priority: z
    .int()
    .min(1)
    .max(2 ** 31),
  middlewares: Names.optional(),
  service: z.string().min(1),
  tls: z
    .strictObject({
      certResolver: z.string().optional(),
      domains: z
        .array(z.strictObject({ main: z.string() }))
        .min(1)
        .optional(),
    })
    .optional(),
});
const Server = z.strictObject({ url: z.string().regex(/^http:\/\/[A-Za-z0-9._-]+:\d+$/) });
const Service = z.union([
  z.strictObject({
    loadBalancer: z.strictObject({
      servers: z.array(Server).min(1).optional(),
      passHostHeader: z.literal(true),
      serversTransport: z.string(),
    }),
  }),
  z.strictObject({
    weighted: z.strictObject({ services: z.array(z.strictObject({ name: z.string().min(1), weight: z.int().min(1) })).length(1) }),
  }),
]);
const HeaderTexts = z.record(z.string().regex(/^[A-Za-z][A-Za-z0-9_-]*$/), z.string());
const Middleware = z.union([
  z.strictObject({
    headers: z.strictObject({ customRequestHeaders: HeaderTexts.optional(), customResponseHeaders: HeaderTexts.optional() }),
  }),
  z.strictObject({ ipAllowList: z.strictObject({ sourceRange: z.array(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()])).min(1) }) }),
  z.strictObject({ basicAuth: z.strictObject({ users: Names, realm: z.string(), removeHeader: z.boolean() }) }),
  z.strictObject({ buffering: z.strictObject({ maxRequestBodyBytes: z.int().min(1) }) }),
  z.strictObject({
    compress: z.strictObject({
      encodings: z.array(z.enum(["gzip", "br", "zstd"])).min(1),
      includedContentTypes: Names,
      minResponseBodyBytes: z.int().min(1),
    }),
  }),
  z.strictObject({ retry: z.strictObject({ attempts: z.int().min(1), initialInterval: Duration }) }),
  z.strictObject({ redirectScheme: z.strictObject({ scheme: z.enum(["http", "https"]), permanent: z.boolean() }) }),
  z.strictObject({ redirectRegex: z.strictObject({ regex: z.string(), replacement: z.string(), permanent: z.boolean() }) }),
]);

export const Dynamic = z.strictObject({
  http: z.strictObject({
    routers: some(Router),
    middlewares: some(Middleware).optional(),
    services: some(Service).optional(),
    serversTransports: some(
      z.strictObject({
        maxIdleConnsPerHost: z.int(),
        forwardingTimeouts: z.strictObject({ dialTimeout: Duration, idleConnTimeout: Duration }),
      }),
    ).optional(),
  }),
  tls: z
    .strictObject({
      options: z.strictObject({ default: z.strictObject({ minVersion: z.literal("VersionTLS12"), sniStrict: z.literal(true) }) }),
      certificates: z
        .array(z.strictObject({ certFile: z.string(), keyFile: z.string() }))
        .min(1)
        .optional(),
    })
    .optional(),
});
export type Dynamic = z.output<typeof Dynamic>;

const Listener = z.strictObject({
  address: z.string().regex(/^[\d.]*:\d+$/),
  http3: z.strictObject({}).optional(),
  transport: z
    .strictObject({ lifeCycle: z.strictObject({ graceTimeOut: Duration }), respondingTimeouts: z.strictObject({ readTimeout: Duration }) })
    .optional(),
});
export const Static = z.strictObject({
  global: z.strictObject({ checkNewVersion: z.literal(false), sendAnonymousUsage: z.literal(false) }),
  log: z.strictObject({ level: z.literal("INFO"), format: z.literal("json") }),
  entryPoints: z.strictObject({ web: Listener, websecure: Listener, own: Listener }),
  ping: z.strictObject({ entryPoint: z.literal("own"), manualRouting: z.literal(true) }),
  providers: z.strictObject({
    providersThrottleDuration: Duration,
    file: z.strictObject({ directory: z.string().startsWith("/"), watch: z.literal(true) }),
  }),
  certificatesResolvers: some(
    z.strictObject({
      acme: z.strictObject({
        caServer: z.string(),
        email: z.string().optional(),
        caCertificates: Names.optional(),
        storage: z.string().startsWith("/data/"),
        keyType: z.enum(["EC256", "EC384", "RSA2048", "RSA4096", "RSA8192"]),
        httpChallenge: z.strictObject({ entryPoint: z.literal("web") }),
      }),
    }),
  ),
});

/** As the file provider reads a folder: every file for itself, and a name that two of them have only once. */
export function readTraefik(texts: string[]): Http {
  const files = texts.map((text) => {
    if (text.includes("{{")) throw new Error("This is a template");
    return Dynamic.parse(parse(text)).http;
  });
  const merged = <K extends keyof Dynamic["http"]>(kind: K) => {
    const entries = files.flatMap((http) => Object.entries(http[kind] ?? {}));
    if (new Set(entries.map(([name]) => name)).size !== entries.length) throw new Error(`Two ${kind} have one name`);
    return Object.fromEntries(entries) as NonNullable<Dynamic["http"][K]>;
  };
  const http = {
    routers: merged("routers"),
    middlewares: merged("middlewares"),
    services: merged("services"),
    serversTransports: merged("serversTransports"),
  };
  // What is spoken of is there: a router without its middleware or service is left out, and so is a service without those it leads to.
  for (const { service, middlewares = [] } of Object.values(http.routers)) {
    if (!service.endsWith("@internal") && !(service in http.services)) throw new Error(`There is no service ${service}`);
    for (const name of middlewares) if (!(name in http.middlewares)) throw new Error(`There is no middleware ${name}`);
  }
  for (const service of Object.values(http.services))
    if ("weighted" in service)
      for (const { name } of service.weighted.services) if (!(name in http.services)) throw new Error(`There is no service ${name}`);
  return http;
}

type Http = { [K in keyof Dynamic["http"]]-?: NonNullable<Dynamic["http"][K]> };

/** Which router takes a request, as Traefik chooses: of those whose rules fit, the one with the greatest priority. */
export function routerFor({ door, host, path }: { door: string; host: string; path: string }, { routers }: Http) {
  const fit = Object.values(routers).filter(({ entryPoints, rule }) => entryPoints.includes(door as "web") && fits(rule, host, path));
  const [first, second] = fit.toSorted((a, b) => b.priority - a.priority);
  if (first && first.priority === second?.priority) throw new Error(`Two routers take ${host}${path}`);
  return first;
}

function fits(rule: string, host: string, path: string): boolean {
  const one = (part: string): boolean => {
    if (part.startsWith("!")) return !one(part.slice(1));
    const [, matcher, value] = /^(Host|HostRegexp|Path|PathPrefix)\(`([^`]*)`\)$/.exec(part) ?? [];
    if (matcher === "HostRegexp") return new RegExp(value!).test(host);
    if (matcher === "Host") return value === host;
    if (matcher === "Path") return value === path;
    if (matcher === "PathPrefix") return path.startsWith(value!);
    throw new Error(`${part} is no rule`);
  };
  return rule.split(" && ").every((part) =>
    part
      .replace(/^\((.*)\)$/, "$1")
      .split(" || ")
      .some(one),
  );
}

/** Where a service leads to just now. */
export function serversOf(name: string, { services }: Http): string[] {
  const service = services[name]!;
  if ("weighted" in service) return serversOf(service.weighted.services[0]!.name, { services } as Http);
  return (service.loadBalancer.servers ?? []).map(({ url }) => url);
}

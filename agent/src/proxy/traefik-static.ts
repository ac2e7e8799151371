import { sumOf } from "./nginx-text.ts";
import type { Resolved } from "./resolved.ts";
import { fileText } from "./traefik-text.ts";

/** Where things are in the proxy's container. */
export const traefikPlaces = {
  shared: "/etc/appos-proxy",
  /** What it watches. */
  folder: "traefik",
  config: "traefik/sites.yaml",
  /** Its own: certificates and keys. */
  data: "/data",
  /** Reached by nobody outside of the container. */
  own: "127.0.0.1:8000",
} as const;

/** The resolver that asks the authority. */
export const RESOLVER = "acme";
export const STATIC = "traefik-static-";

/**
 * What Traefik reads once, when it starts (https://doc.traefik.io/traefik/v3.6/reference/install-configuration/configuration-options/): for
 * another authority it is started anew, which is why that file has another name then.
 */
export function traefikStatic({ acme: { directory, email, rootsFile } }: Pick<Resolved, "acme">): { name: string; text: string } {
  const text = fileText({
    global: { checkNewVersion: false, sendAnonymousUsage: false },
    log: { level: "INFO", format: "json" },
    entryPoints: {
      web: { address: ":80", transport },
      websecure: { address: ":443", http3: {}, transport },
      own: { address: traefikPlaces.own },
    },
    ping: { entryPoint: "own", manualRouting: true },
    // Two seconds, as it is without being told, are what a deployment would wait for.
    providers: { providersThrottleDuration: "100ms", file: { directory: `${traefikPlaces.shared}/${traefikPlaces.folder}`, watch: true } },
    certificatesResolvers: {
      [RESOLVER]: {
        acme: {
          caServer: directory,
          ...(email !== null && { email }),
          ...(rootsFile !== null && { caCertificates: [`${traefikPlaces.shared}/${rootsFile}`] }),
          // What one authority issued is none of another's.
          storage: `${traefikPlaces.data}/${STORAGE}${sumOf(directory)}.json`,
          keyType: "EC256",
          httpChallenge: { entryPoint: "web" },
        },
      },
    },
  });
  return { name: `${STATIC}${sumOf(text)}.yaml`, text };
}
export const STORAGE = "acme-";

const transport = {
  // A page that is being sent may take so long before a proxy that ends lets go of it.
  lifeCycle: { graceTimeOut: "25s" },
  // A large upload takes as long as it takes. Without being told, Traefik 3 ends it after a minute.
  respondingTimeouts: { readTimeout: "0s" },
};

import { z } from "zod";
import type { KeyAndChain } from "./driver.ts";
import { STORAGE } from "./traefik-static.ts";

/** What it keeps of an authority, by resolver: pkg/provider/acme/local_store.go. Go writes bytes in base64. */
const Stored = z.record(
  z.string(),
  z.object({
    Certificates: z.array(z.object({ domain: z.object({ main: z.string() }), certificate: z.string(), key: z.string() })).nullish(),
  }),
);

export function traefikCertificates(name: string, texts: ReadonlyMap<string, string>): KeyAndChain[] {
  const files = [...texts].filter(([path]) => path.startsWith(STORAGE) && path.endsWith(".json"));
  const kept = files.flatMap(([, text]) => Object.values(storedIn(text)).flatMap(({ Certificates }) => Certificates ?? []));
  return kept.filter(({ domain }) => domain.main === name).map(({ key, certificate }) => ({ key: atob(key), chain: atob(certificate) }));
}

function storedIn(text: string): z.output<typeof Stored> {
  try {
    return Stored.safeParse(JSON.parse(text)).data ?? {};
  } catch {
    return {};
  }
}

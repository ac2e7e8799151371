import type { ChangeDomain, DomainView } from "@appos/shared/domains";

const changeable = [
  "service",
  "port",
  "https",
  "certificateId",
  "dnsProviderId",
  "forceHttps",
  "www",
  "headers",
  "hsts",
  "access",
  "maxBodyMb",
  "compress",
  "downPage",
] as const;

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/** What a change has to say of a domain: only what is other than before, of which a password always is. */
export const changesOf = (before: Partial<Pick<DomainView, (typeof changeable)[number]>>, wanted: ChangeDomain): ChangeDomain =>
  Object.fromEntries(
    changeable.filter((key) => wanted[key] !== undefined && !same(wanted[key], before[key])).map((key) => [key, wanted[key]]),
  );

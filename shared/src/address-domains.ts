import { z } from "zod";
import { DomainName } from "./domain-name.ts";
import { DomainStatus, DomainView } from "./domains.ts";
import { Certificate, Https } from "./sites.ts";
import { AddressTarget } from "./target-address.ts";

/** Where the certificate of a name comes from that leads to an address: nobody uploads one for it. */
export const AddressHttps = Https.exclude(["own"]);
export type AddressHttps = z.output<typeof AddressHttps>;

/** A name that leads to an address in a server's network, such as that of a NAS, and to no app. */
export const NewAddressDomain = z.strictObject({
  domain: DomainName,
  /** Whose proxy serves it, by id or name. */
  server: z.string().min(1).max(63),
  /** The proxy asks it over HTTP. */
  address: AddressTarget,
  https: AddressHttps.default("acme"),
  forceHttps: z.boolean().default(true),
});
export type NewAddressDomain = z.output<typeof NewAddressDomain>;

/** What is left out stays. */
export const ChangeAddressDomain = z.strictObject({ address: AddressTarget, https: AddressHttps, forceHttps: z.boolean() }).partial();
export type ChangeAddressDomain = z.output<typeof ChangeAddressDomain>;

export const AddressDomainQuery = z.object({
  /** By id or name. */
  serverId: z.string().max(63).optional(),
});

export const AddressDomainView = z
  .object({
    id: z.string(),
    domain: z.string(),
    url: z.string(),
    server: DomainView.shape.server,
    address: z.object({ host: z.string(), port: z.int() }),
    https: AddressHttps,
    forceHttps: z.boolean(),
    status: DomainStatus,
    /** Why it is refused. */
    problem: z.string().nullable(),
    certificate: Certificate.nullable(),
    certificateProblem: z.string().nullable(),
    /** Whether its server has said yet how it serves it. */
    seen: z.boolean(),
    /** What its proxy answers for it. */
    answers: z.int().nullable(),
    createdAt: z.int(),
  })
  .meta({ id: "AddressDomain" });
export type AddressDomainView = z.output<typeof AddressDomainView>;

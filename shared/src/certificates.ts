import { z } from "zod";

const Pem = z.string().trim().min(1, "Give it in PEM").max(50_000, "This is longer than certificates and keys are");

/** A certificate of one's own, for domains that it covers. The key is taken once, and given back by nothing. */
export const NewCertificate = z.strictObject({
  /** The certificate and what it was issued by, in PEM, in this order. */
  chain: Pem,
  /** The private key of the first of them, in PEM, not encrypted. */
  key: Pem,
  /** The project whose apps may use it, by id or name; left out, it is the administrators' for all. */
  project: z.string().min(1).max(63).optional(),
});
export type NewCertificate = z.output<typeof NewCertificate>;

/** A newer one in its place: domains that use it are served with it. */
export const ReplaceCertificate = NewCertificate.omit({ project: true });
export type ReplaceCertificate = z.output<typeof ReplaceCertificate>;

export const CertificateView = z
  .object({
    id: z.string(),
    /** As they stand in it, such as `*.example.com`. */
    names: z.array(z.string()),
    issuer: z.string(),
    notBefore: z.int(),
    notAfter: z.int(),
    /** SHA-256 of the certificate, in hex. */
    fingerprint: z.string(),
    /** Null where it is the administrators'. */
    project: z.object({ id: z.string(), name: z.string() }).nullable(),
    /** The names that are served with it. */
    usedBy: z.array(z.string()),
    changedAt: z.int(),
  })
  .meta({ id: "OwnCertificate" });
export type CertificateView = z.output<typeof CertificateView>;

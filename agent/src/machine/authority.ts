import type { AcmeAuthority } from "@appos/shared/sites";

/** Issues certificates (RFC 8555). */
export interface Authority {
  /** A new private key, in PEM. */
  newKey(): Promise<string>;
  /** Resolves once the authority has seen the answer at the name. Rejects with its own words. */
  issue(order: CertificateOrder): Promise<Issued>;
  /** A new authority: its key and its certificate, in PEM. */
  newRoot(times: Times): Promise<string>;
  /** A new key with a certificate that such an authority issues for it, and that one's own. */
  newLeaf(order: LeafOrder): Promise<string>;
  /** From when until when a certificate is for, and whether it belongs to its key; undefined for what is none, or not of this name. */
  validity(pem: string, name: string): Times | undefined;
}

export interface CertificateOrder {
  name: string;
  /** How the authority is to see that the name is ours: RFC 8555, 8.3 and 8.4. */
  proof: "http-01" | "dns-01";
  from: AcmeAuthority;
  /** Who we are to the authority, in PEM. It knows it already, or learns of it now. */
  accountKey: string;
  /** Has `/.well-known/acme-challenge/TOKEN` of the name answer so, and no more; or `_acme-challenge` of it have a TXT record that says so. */
  show(token: string, answer: string): Promise<void>;
  hide(token: string): Promise<void>;
  signal: AbortSignal;
}

/** Milliseconds UTC. */
export interface Times {
  notBefore: number;
  notAfter: number;
}

export interface LeafOrder extends Times {
  name: string;
  /** Key and certificate of the authority, in PEM. */
  root: string;
}

export interface Issued extends Times {
  /** The private key, the certificate and what it was issued by, in PEM. */
  pem: string;
}

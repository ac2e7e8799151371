/** Not one that is there already. */
export const NEW = "new";

/** Which certificate of one's own a domain is to have, as it is being chosen. */
export interface CertificateDraft {
  /** NEW, or one that is there; undefined while nobody has chosen. */
  id: string | undefined;
  chain: string;
  key: string;
}

export const noCertificate = (id?: string): CertificateDraft => ({ id, chain: "", key: "" });

/** The one that is meant: what was chosen as long as it would do, else the first that would. */
export const meant = ({ id }: CertificateDraft, usable: readonly { id: string }[]): string =>
  id === NEW || usable.some((each) => each.id === id) ? id! : (usable[0]?.id ?? NEW);

/** As in shared/sites.ts, which brings more than the console needs; a test keeps the two the same. */
export const LETS_ENCRYPT = "https://acme-v02.api.letsencrypt.org/directory";

/** How many certificates there are in a text of PEM. */
export const certificatesIn = (pem: string | null): number => pem?.match(/-----BEGIN CERTIFICATE-----/g)?.length ?? 0;

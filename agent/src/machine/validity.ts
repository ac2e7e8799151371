import { createPrivateKey, X509Certificate } from "node:crypto";
import type { Authority } from "./authority.ts";

export const validity: Authority["validity"] = (pem, name) => {
  try {
    const certificate = new X509Certificate(pem.slice(pem.indexOf("-----BEGIN CERTIFICATE-----")));
    if (!certificate.checkPrivateKey(createPrivateKey(pem)) || certificate.checkHost(name) === undefined) return undefined;
    return { notBefore: certificate.validFromDate.getTime(), notAfter: certificate.validToDate.getTime() };
  } catch {
    return undefined;
  }
};

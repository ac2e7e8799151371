/** By itself: it brings half a megabyte, which only those need who upload certificates. */
export { SubjectAlternativeNameExtension, X509Certificate } from "@peculiar/x509";

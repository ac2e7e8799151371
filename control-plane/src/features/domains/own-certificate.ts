import { covers } from "@appos/shared/certificate-names";
import { AppError } from "../../errors.ts";
import type { CertificateService } from "../certificates/service.ts";
import type { GivenOptions } from "./name-options.ts";
import { partnerOf } from "./names.ts";
import type { NameSettings } from "./store.ts";

type Wanted = Omit<NameSettings, "aliasOf">;

interface Around {
  before: Pick<NameSettings, "certificateId"> | undefined;
  given: Pick<GivenOptions, "certificateId">;
  /** Of the name's app. */
  projectId: string | null;
  sees(projectId: string | null): boolean;
  certificates: CertificateService;
}

/** Which uploaded certificate a name is served with: one that is there for its app and covers it; none where its certificate comes from elsewhere. */
export async function withCertificate<W extends Wanted>(wanted: W, { before, given, projectId, sees, certificates }: Around): Promise<W> {
  const { name, www, https, certificateId } = wanted;
  if (https !== "own") {
    if (given.certificateId) throw wrong("A certificate is chosen with https: own only.");
    return { ...wanted, certificateId: null };
  }
  if (certificateId === null) throw wrong("Choose one of your certificates, or add one.");
  const found = await certificates.find(certificateId);
  // Who changes something else of the name changes nothing of that.
  const isKept = before?.certificateId === certificateId;
  if (!found || (!isKept && !sees(found.projectId))) throw wrong("There is no such certificate.");
  if (!isKept && found.projectId !== null && found.projectId !== projectId)
    throw wrong("This certificate is for the apps of another project.");
  const missing = [name, (www && partnerOf(name)) || []].flat().filter((each) => !covers(found.names, each));
  if (missing.length > 0) throw wrong(`This certificate is for ${found.names.join(", ")}, and not for ${missing.join(" and ")}.`);
  return wanted;
}

const wrong = (message: string) => new AppError("INVALID_REQUEST", message, [{ path: "certificateId", message }]);

import { AppError } from "../../errors.ts";
import type { Downloads } from "../../ports.ts";

/** As the build left them: the script, and the SHA-256 of each archive. */
declare const APPOS_INSTALLER: string;
declare const APPOS_CHECKSUMS: Record<string, string>;

/**
 * The agent, kept in a bucket or at any https address, since an archive is larger than an asset may be. Whatever comes from there,
 * the install script takes only what has the checksum of this build.
 */
export const keptAgent = (bucket: R2Bucket | undefined, url: string | undefined): Downloads => ({
  installer: async () => APPOS_INSTALLER,
  checksum: async (arch) => APPOS_CHECKSUMS[arch],
  async archive(arch) {
    if (APPOS_CHECKSUMS[arch] === undefined) return undefined;
    const name = `appos-agent-linux-${arch}.tar.gz`;
    if (url === undefined) {
      const found = await bucket?.get(name);
      return found ? { body: found.body, bytes: found.size } : missing(name, "the bucket appos-agent");
    }
    const reply = await fetch(`${url}/${name}`);
    const bytes = Number(reply.headers.get("content-length"));
    return reply.ok && reply.body && bytes > 0 ? { body: reply.body, bytes } : missing(name, url);
  },
});

function missing(name: string, place: string): never {
  throw new AppError("NOT_FOUND", `${name} is not in ${place}, where this control plane was told to look for it.`);
}

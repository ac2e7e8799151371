import { request } from "node:https";
import { rootCertificates } from "node:tls";
import type { AcmeAuthority } from "@appos/shared/sites";
import { z } from "zod";

const [ANSWER_MS, BYTES] = [5_000, 100_000];
const Directory = z.object({ meta: z.object({ caaIdentities: z.array(z.string().max(253)).max(20) }) });

/** By which names CAA records allow an authority, as it says itself (RFC 8555, 9.7.6); undefined where it does not. */
export function caaIdentities({ directory, roots }: Pick<AcmeAuthority, "directory" | "roots">): Promise<string[] | undefined> {
  return new Promise((resolve) => {
    const options = {
      headers: { "user-agent": "AppOS" },
      signal: AbortSignal.timeout(ANSWER_MS),
      agent: false as const,
      ...(roots !== null && { ca: [...rootCertificates, roots] }),
    };
    let text = "";
    const asked = request(directory, options, (answer) => {
      answer.setEncoding("utf8");
      answer.on("data", (part: string) => {
        text += part;
        if (text.length > BYTES) answer.destroy();
      });
      answer.on("end", () => resolve(identitiesIn(text)));
      answer.on("error", () => resolve(undefined));
      answer.on("close", () => resolve(undefined));
    });
    asked.on("error", () => resolve(undefined));
    asked.end();
  });
}

function identitiesIn(text: string) {
  try {
    const { data } = Directory.safeParse(JSON.parse(text));
    return data?.meta.caaIdentities.map((name) => name.toLowerCase().replace(/\.$/, ""));
  } catch {
    return undefined;
  }
}

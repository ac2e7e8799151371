import { type Context, Hono } from "hono";
import { CertificateView, NewCertificate, ReplaceCertificate } from "@appos/shared/certificates";
import { page } from "@appos/shared/envelope";
import { allow, type AppEnv, callerOf } from "../../access.ts";
import { actorOf } from "../../actor.ts";
import { ok, whole } from "../../reply.ts";
import type { Services } from "../../services.ts";
import { valid } from "../../valid.ts";
import { develops, limitedTo, sees } from "../auth/roles.ts";

export const certificateRoutes = ({ certificates }: Services) => {
  const asking = (c: Context<AppEnv>) => ({
    actor: actorOf(c),
    within: limitedTo(callerOf(c)),
    sees: (projectId: string | null) => sees(callerOf(c), projectId),
    develops: (projectId: string | null) => develops(callerOf(c), projectId),
  });
  return new Hono<AppEnv>()
    .get(
      "/",
      allow("certificates", "read", { summary: "Uploaded certificates, without their keys", data: page(CertificateView), narrows: true }),
      async (c) => ok(c, whole(await certificates.list(asking(c)))),
    )
    .post(
      "/",
      allow("certificates", "manage", {
        summary: "Upload a certificate with its key, which nothing gives back",
        data: CertificateView,
        status: 201,
        narrows: true,
      }),
      valid("json", NewCertificate),
      async (c) => ok(c, await certificates.add(c.req.valid("json"), asking(c)), 201),
    )
    .put(
      "/:id",
      allow("certificates", "manage", { summary: "Put a newer one in its place; servers that use it are told", data: CertificateView }),
      valid("json", ReplaceCertificate),
      async (c) => ok(c, await certificates.replace(c.req.param("id"), c.req.valid("json"), asking(c))),
    )
    .delete("/:id", allow("certificates", "manage", { summary: "Remove a certificate that no domain uses" }), async (c) => {
      await certificates.remove(c.req.param("id"), asking(c));
      return ok(c, null);
    });
};

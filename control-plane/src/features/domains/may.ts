import type { NewDomain } from "@appos/shared/domains";
import { AppError, notFound } from "../../errors.ts";
import type { Services } from "../../services.ts";
import { develops, sees } from "../auth/roles.ts";
import type { Caller } from "../auth/service.ts";

/** A developer gives domains to the apps that they develop, and learns nothing of others. The gate has let in whoever develops some project. */
export async function mayServe({ apps }: Services, caller: Caller, { app: idOrName }: Pick<NewDomain, "app">) {
  if (caller.role === "admin") return;
  const app = await apps.named(idOrName);
  if (!app || !sees(caller, app.projectId)) return notFound("app");
  if (develops(caller, app.projectId)) return;
  const message = `Your role lets you see ${app.name} only.`;
  throw new AppError("FORBIDDEN", message, [{ path: "app", message }]);
}

import type { Role } from "@appos/shared/auth";
import type { Retention } from "../../ports.ts";
import { ADMIN, asker } from "../asker.ts";
import { memoryPlatform } from "./platform.ts";

/** A control plane that is set up, with ways to ask it as nobody, as its administrator and as a viewer. */
export async function setUp(retention?: Retention) {
  const platform = await memoryPlatform(retention);
  const { app, services, ...rest } = platform.start();
  const nobody = asker(app);
  const setup = await nobody("/api/v1/setup", { json: { token: await services.auth.setupToken(), ...ADMIN } });
  const cookie = setup.headers.get("set-cookie")!.split(";")[0]!;
  const admin = asker(app, { cookie, origin: "https://appos.example.org" });
  /** Signs in somebody who is added for it. */
  async function person(name: string, role: Role) {
    const account = { email: `${name}@example.org`, password: "correct horse battery" };
    const { data: user } = await admin("/api/v1/users", { json: { ...account, name, role } });
    const login = await nobody("/api/v1/auth/login", { json: account });
    const ask = asker(app, { cookie: login.headers.get("set-cookie")!.split(";")[0]!, origin: "https://appos.example.org" });
    return { id: user.id as string, ask, ...account };
  }
  const viewer = async () => (await person("vera", "viewer")).ask;
  return { platform, app, services, nobody, admin, viewer, person, ...rest };
}

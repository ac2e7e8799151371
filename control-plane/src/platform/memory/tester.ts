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
  async function viewer() {
    const account = { email: "vera@example.org", password: "correct horse battery", name: "Vera" };
    await admin("/api/v1/users", { json: { ...account, role: "viewer" } });
    const login = await nobody("/api/v1/auth/login", { json: { email: account.email, password: account.password } });
    return asker(app, { cookie: login.headers.get("set-cookie")!.split(";")[0]!, origin: "https://appos.example.org" });
  }
  return { platform, app, services, nobody, admin, viewer, ...rest };
}

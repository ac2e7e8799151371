import { generateKeyPairSync } from "node:crypto";
import { join } from "node:path";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import type { AppView } from "@appos/shared/apps";
import type { DeploymentView } from "@appos/shared/deployments";
import type { Enrolled, Enrollment, ServerView } from "@appos/shared/servers";
import { controlPlane, signIn } from "./appos.ts";
import type { Client } from "./client.ts";
import { folder, ports } from "./places.ts";

const NOTHING = "services:\n  web:\n    image: bench-nothing:0\n    pull_policy: never\n";

/**
 * A data folder of a control plane that has so many servers, with an app on each. The first is enrolled through the API;
 * the others are rows like its own, written while the control plane is stopped: that is what makes thousands a matter of a second.
 */
export async function fleet(count: number) {
  const dataDir = folder("data");
  const url = `http://127.0.0.1:${ports.appos}`;
  const program = controlPlane(dataDir, "off");
  await program.says(/AppOS answers at/);
  const admin = await signIn(url);
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const { server, enrolled } = await enroll(admin, publicKey.export({ format: "jwk" }).x!);
  const { app, deployment } = await admin.ask<{ app: AppView; deployment: DeploymentView }>("POST", "apps", {
    name: "app-0",
    serverId: server.id,
    source: { type: "compose", compose: NOTHING },
  });
  await admin.ask("POST", `jobs/${deployment.jobId}/cancel`);
  await program.stop();

  const database = new DatabaseSync(join(dataDir, "appos.db"));
  database.exec("begin");
  const number = (n: number) => String(n).padStart(6, "0");
  const servers = copies(database, "servers", server.id, count, (n) => ({ id: `srv_bench${number(n)}`, name: `agent-${n}` }));
  const apps = copies(database, "apps", app.id, count, (n) => ({
    id: `app_bench${number(n)}`,
    name: `app-${n}`,
    serverId: n === 0 ? server.id : `srv_bench${number(n)}`,
  }));
  database.exec("commit");
  database.close();
  const { controlPlaneId, controlPlaneKey } = enrolled;
  const keys = { controlPlaneId, controlPlaneKey, privateKey: privateKey.export({ format: "der", type: "pkcs8" }).toString("base64url") };
  return { dataDir, url, admin, servers, apps, keys };
}

async function enroll(admin: Client, publicKey: string) {
  const { server, enrollment } = await admin.ask<{ server: ServerView; enrollment: Enrollment }>("POST", "servers", { name: "agent-0" });
  const enrolled = await admin.ask<Enrolled>("POST", "agent/enroll", { token: enrollment.token, publicKey });
  return { server, enrolled };
}

/** Adds rows like one that is there until there are so many; gives back the ids of all. */
function copies(database: DatabaseSync, table: string, id: string, count: number, differs: (n: number) => Record<string, string>) {
  const row = database.prepare(`select * from ${table} where id = ?`).get(id)!;
  const columns = Object.keys(row);
  const names = columns.map((column) => `"${column}"`).join(", ");
  const insert = database.prepare(`insert into ${table} (${names}) values (${columns.map(() => "?").join(", ")})`);
  const ids = [id];
  for (let n = 1; n < count; n++) {
    const copy: Record<string, SQLInputValue> = { ...row, ...differs(n) };
    insert.run(...columns.map((column) => copy[column]!));
    ids.push(String(copy["id"]));
  }
  return ids;
}

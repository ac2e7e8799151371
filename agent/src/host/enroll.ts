import { readFileSync } from "node:fs";
import { Failure, success } from "@appos/shared/envelope";
import { Enrolled } from "@appos/shared/servers";
import type { Enroll } from "@appos/shared/servers";
import { type Identity, type Settings, readIdentity, settingsFrom } from "../settings.ts";
import { askControlPlane } from "./ask-control-plane.ts";
import { writeDurably } from "./durable-file.ts";
import { environmentFile } from "./environment-file.ts";
import { controlPlaneIdOf, newKeyPair } from "./keys.ts";
import { controlPlaneUrl } from "./outbound.ts";
import { Refusal } from "./refusal.ts";
import type { Asked, Verb } from "./verb.ts";

const ENROLL_PATH = "/api/v1/agent/enroll";

export const enroll: Verb = {
  summary: "Make this machine a server of a control plane. The token comes from APPOS_ENROLLMENT_TOKEN or the input.",
  usage: "--url URL --key CONTROL_PLANE_ID [--replace]",
  options: { url: { type: "string" }, key: { type: "string" }, replace: { type: "boolean" } },
  async run({ values, env, terminal }) {
    const settings = settingsFrom(env);
    const url = controlPlaneUrl(given(values["url"], env["APPOS_URL"], "the control plane's address (--url)"));
    const controlPlaneId = given(values["key"], env["APPOS_CONTROL_PLANE_ID"], "the control plane's id (--key cp_…)");
    refuseToReplace(settings, values["replace"] === true);
    const token = env["APPOS_ENROLLMENT_TOKEN"] || (await terminal.readLine("Enrollment token: ")).trim();
    if (!token) throw new Refusal("There is no enrollment token. Put it into APPOS_ENROLLMENT_TOKEN or write it to the input.");
    const certificates = givenCertificates(env);
    const identity = await enrolled(url, controlPlaneId, token, certificates?.path, env);
    if (certificates) await writeDurably(settings.files.ca, certificates.pem, 0o644);
    if (certificates) identity.ca = settings.files.ca;
    await writeDurably(settings.files.identity, `${JSON.stringify(identity, null, 2)}\n`);
    await writeDurably(settings.files.environment, environmentFile(env));
    terminal.say(`This machine is server ${identity.serverName} of ${url.origin} now.`);
    return 0;
  },
};

function given(option: Asked["values"][string], variable: string | undefined, what: string): string {
  const value = typeof option === "string" && option !== "" ? option : variable;
  if (!value) throw new Refusal(`Give ${what}. The console shows the whole command when you add a server.`);
  return value;
}

function refuseToReplace(settings: Settings, mayReplace: boolean) {
  if (mayReplace) return;
  const identity = readIdentity(settings);
  if (identity)
    throw new Refusal(`This machine is server ${identity.serverName} of ${identity.url} already. Use --replace to give that up.`);
}

/** The file of certificates may be a temporary one: the agent keeps a copy of its own. */
function givenCertificates(env: NodeJS.ProcessEnv) {
  const path = env["APPOS_CA_FILE"] || env["NODE_EXTRA_CA_CERTS"];
  if (!path) return undefined;
  try {
    return { path, pem: readFileSync(path, "utf8") };
  } catch (error) {
    throw new Refusal(`The certificates in ${path} cannot be read: ${(error as Error).message}.`);
  }
}

async function enrolled(
  url: URL,
  controlPlaneId: string,
  token: string,
  ca: string | undefined,
  env: NodeJS.ProcessEnv,
): Promise<Identity> {
  const { publicKey, privateKey } = await newKeyPair();
  const body: Enroll = { token, publicKey };
  const { status, body: answer } = await askControlPlane(url, { path: ENROLL_PATH, body, ca, env });
  const { data: said } = parsed(answer);
  if (said.controlPlaneId !== controlPlaneId || (await controlPlaneIdOf(said.controlPlaneKey)) !== controlPlaneId)
    throw new Refusal(`${url.origin} answered with another key than ${controlPlaneId}. Nothing was set up; somebody may be in between.`);
  return { url: url.origin, ...said, privateKey };

  function parsed(text: string) {
    const json = asJson(text);
    const refused = Failure.safeParse(json);
    if (refused.success) throw new Refusal(refused.data.message);
    if (status >= 300 && status < 400)
      throw new Refusal(`${url.origin} answered with a redirect, which the agent does not follow. Use the control plane's final address.`);
    const accepted = success(Enrolled).safeParse(json);
    if (!accepted.success) throw new Refusal(`What answered at ${url.origin} (HTTP ${status}) is no AppOS control plane.`);
    return accepted.data;
  }
}

function asJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

import { type Identity, readIdentity, type Settings } from "../settings.ts";
import { writeDurably } from "./durable-file.ts";

/** Writes down that the control plane is at another address; whom this server belongs to stays what it is. */
export async function followTo(
  settings: Pick<Settings, "files">,
  { serverId, controlPlaneId }: Pick<Identity, "serverId" | "controlPlaneId">,
  { url, from, at }: { url: string; from: string; at: number },
) {
  const identity = readIdentity(settings);
  // Somebody may have enrolled this server elsewhere meanwhile.
  if (identity?.serverId !== serverId || identity.controlPlaneId !== controlPlaneId) return;
  await writeDurably(settings.files.identity, `${JSON.stringify({ ...identity, url, moved: { from, at } }, null, 2)}\n`);
}

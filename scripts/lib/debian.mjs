import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { program, sleep } from "./program.mjs";
import { tail } from "./say.mjs";

/** What /etc/os-release says: { ID: "debian", VERSION_ID: "12", VERSION_CODENAME: "bookworm", … } */
export function distribution(file = "/etc/os-release") {
  if (!existsSync(file)) return {};
  const pairs = readFileSync(file, "utf8").matchAll(/^([A-Z_]+)=(.*)$/gm);
  return Object.fromEntries([...pairs].map(([, key, value]) => [key, value.replace(/^["']|["']$/g, "")]));
}

export const isInstalled = (name) =>
  program("dpkg-query", ["-W", "-f", "${Status}", "--", name]).then(({ output }) => output === "install ok installed");

const environment = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  DEBIAN_FRONTEND: "noninteractive",
  LC_ALL: "C",
};
for (const name of ["http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"])
  if (process.env[name]) environment[name] = process.env[name];

/** apt-get, waiting while another one is at work. */
async function apt(args, options = {}) {
  const busy = /Could not get lock|Unable to lock|is another process using it/;
  for (let attempt = 1; ; attempt += 1) {
    const result = await program("apt-get", ["-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=2", ...args], {
      env: environment,
      ...options,
    });
    if (result.code === 0 || attempt === 60 || !busy.test(result.output)) return result;
    await sleep(2000);
  }
}

let updated = false;

/** Renews apt's lists, once a run. */
export async function updateLists() {
  if (updated) return;
  const { code, output } = await apt(["-q", "update"]);
  if (code !== 0)
    throw new Error(`The package lists could not be renewed (apt-get update). Is the network up? apt said:\n${tail(output, 5)}`);
  updated = true;
}

/** Installs the packages that are missing, from the sources this machine is set up with. */
export async function installPackages(names) {
  const missing = [];
  for (const name of names) if (!(await isInstalled(name))) missing.push(name);
  if (missing.length === 0) return;
  await updateLists();
  const { code, output } = await apt(["-q", "-y", "--no-install-recommends", "install", ...missing]);
  if (code !== 0) throw new Error(`${missing.join(", ")} could not be installed. apt said:\n${tail(output, 5)}`);
}

/** Fetches packages of this release into a folder, as files. */
export async function downloadPackages(names, folder) {
  await updateLists();
  const { code, output } = await apt(["-q", "-o", "APT::Sandbox::User=root", "download", ...names], { cwd: folder });
  if (code !== 0) throw new Error(`${names.join(", ")} could not be fetched. apt said:\n${tail(output, 5)}`);
}

/** Debian's mirror as apt is set up to use it. */
async function mirror() {
  const format = "$(REPO_URI) $(ORIGIN) $(SUITE)";
  const { output } = await program("apt-get", ["indextargets", "--format", format, "Created-By: Packages"], { env: environment });
  const lines = output.split("\n").map((line) => line.split(" "));
  const main = lines.find(([, origin, suite]) => origin === "Debian" && !/-(security|updates|backports|proposed)/.test(suite ?? ""));
  if (!main) throw new Error("apt's sources name no Debian mirror.");
  return main[0].replace(/\/$/, "");
}

/** Unpacks packages of another Debian release into a folder. Nothing is installed and no source of this machine changes. */
export async function unpackFromRelease(suite, names, destination) {
  await updateLists();
  const folder = mkdtempSync("/var/tmp/appos-packages-");
  try {
    for (const name of ["lists/partial", "cache/archives/partial", "debs"]) mkdirSync(join(folder, name), { recursive: true });
    const source = [
      "Types: deb",
      `URIs: ${await mirror()}`,
      `Suites: ${suite}`,
      "Components: main",
      "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg",
    ];
    writeFileSync(join(folder, "other.sources"), `${source.join("\n")}\n`);
    const settings = [
      `Dir::Etc::sourcelist=${folder}/other.sources`,
      "Dir::Etc::sourceparts=-",
      `Dir::State::lists=${folder}/lists`,
      `Dir::Cache=${folder}/cache`,
      "APT::Sandbox::User=root",
      "Acquire::Languages=none",
    ];
    const options = settings.flatMap((setting) => ["-o", setting]);
    for (const args of [
      ["-q", "update"],
      ["-q", "download", ...names],
    ]) {
      const { code, output } = await apt([...options, ...args], { cwd: join(folder, "debs") });
      if (code !== 0) throw new Error(`${names.join(", ")} could not be fetched from Debian ${suite}. apt said:\n${tail(output, 5)}`);
    }
    for (const file of readdirSync(join(folder, "debs"))) {
      const { code, output } = await program("dpkg", ["-x", join(folder, "debs", file), destination], { env: environment });
      if (code !== 0) throw new Error(`${file} could not be unpacked. dpkg said:\n${tail(output, 5)}`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

// Makes dist/ from the sources, and only what is older than its sources.
import { cpSync, existsSync, mkdirSync, readFileSync, realpathSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { writeArchive } from "./lib/archive.mjs";
import { bundle, endBundling } from "./lib/bundle.mjs";
import { writeCatalog } from "./lib/catalog.mjs";
import { program } from "./lib/program.mjs";
import { buildWorker } from "./lib/worker.mjs";
import { at } from "./lib/root.mjs";
import { fail, say, tail } from "./lib/say.mjs";
import { contentOf, isFresh, remember } from "./lib/stamp.mjs";

const recipe = ["pnpm-lock.yaml", "scripts/build.mjs", "scripts/lib"];
const versionOf = (folder) => JSON.parse(readFileSync(at(folder, "package.json"), "utf8")).version;
const versioned = (folder) => ({ APPOS_VERSION: JSON.stringify(versionOf(folder)) });
const nodeFor = (arch) => at(`tools/runtime/node_modules/node-linux-${arch}`);

/** Replaces a folder as a whole. */
function place(from, to) {
  rmSync(`${to}.${process.pid}.new`, { recursive: true, force: true });
  cpSync(from, `${to}.${process.pid}.new`, { recursive: true, dereference: true });
  rmSync(to, { recursive: true, force: true });
  renameSync(`${to}.${process.pid}.new`, to);
}

async function buildWeb() {
  const { code, output } = await program(at("web/node_modules/.bin/vite"), ["build", "--logLevel", "warn"], { cwd: at("web") });
  if (code !== 0) throw new Error(tail(output, 30));
  place(at("web/build"), at("dist/web"));
}

async function buildControlPlane() {
  mkdirSync(at("dist/control-plane/node_modules/@libsql"), { recursive: true });
  await bundle({
    entry: "control-plane/src/platform/node/main.ts",
    outfile: "dist/control-plane/main.mjs",
    define: versioned("control-plane"),
  });
  await bundle({
    entry: "control-plane/src/platform/node/admin/main.ts",
    outfile: "dist/control-plane/admin.mjs",
    define: versioned("control-plane"),
  });
  await bundle({ entry: "control-plane/src/features/certificates/x509.ts", outfile: "dist/control-plane/x509.mjs" });
  if (existsSync(at("control-plane/migrations"))) place(at("control-plane/migrations"), at("dist/control-plane/migrations"));
  writeCatalog(at("dist/control-plane/catalog"));
  for (const folder of nativeDatabases()) place(folder, at("dist/control-plane/node_modules/@libsql", basename(folder)));
}

/** libSQL loads its native part by a computed name, from a node_modules beside the bundle. */
function nativeDatabases() {
  const libsql = createRequire(at("control-plane/package.json")).resolve("libsql");
  const find = (name) => {
    try {
      return [dirname(createRequire(libsql).resolve(`${name}/package.json`))];
    } catch {
      return [];
    }
  };
  const names = ["x64-gnu", "arm64-gnu"].map((suffix) => `@libsql/linux-${suffix}`);
  return names.flatMap(find).map((folder) => realpathSync(folder));
}

/** The native part of the terminal for one kind of machine, and its licence; nothing where it is not installed. */
function terminalParts(arch) {
  const find = createRequire(at("agent/package.json"));
  const whole = dirname(find.resolve("@lydell/node-pty/package.json"));
  const native = `@lydell/node-pty-linux-${arch}`;
  try {
    const folder = dirname(createRequire(`${whole}/package.json`).resolve(`${native}/package.json`));
    const file = (name, from, mode = 0o644) => ({ name: `node_modules/${name}`, mode, from });
    return [
      ...["package.json", "LICENSE"].map((name) => file(`@lydell/node-pty/${name}`, `${whole}/${name}`)),
      file(`${native}/package.json`, `${folder}/package.json`),
      file(`${native}/pty.node`, `${folder}/pty.node`, 0o755),
    ];
  } catch {
    return [];
  }
}

async function buildAgent() {
  await bundle({ entry: "agent/src/main.ts", outfile: "dist/agent/agent.mjs", define: versioned("agent") });
  await bundle({ entry: "agent/src/machine/acme.ts", outfile: "dist/agent/acme.mjs" });
  for (const { name, from } of terminalParts(process.arch)) cpSync(realpathSync(from), at("dist/agent", name));
  cpSync(at("agent/install.sh"), at("dist/agent/install.sh"));
}

const packAgent = (arch) => () =>
  writeArchive(at(`dist/agent/appos-agent-linux-${arch}.tar.gz`), [
    { name: "VERSION", mode: 0o644, text: `${versionOf("agent")}\n` },
    ...["agent.mjs", "acme.mjs"].map((name) => ({ name, mode: 0o644, from: at("dist/agent", name) })),
    { name: "bin/node", mode: 0o755, from: `${nodeFor(arch)}/bin/node` },
    { name: "LICENSE.node", mode: 0o644, from: `${nodeFor(arch)}/LICENSE` },
    ...terminalParts(arch),
  ]);

/** What is made, from what. An archive needs the Node of its kind of machine, which may not be installed here. */
const targets = [
  { name: "console", from: ["web", "shared"], made: ["dist/web/index.html"], needs: ["web/src/routes"], make: buildWeb },
  {
    name: "control plane",
    from: ["control-plane", "shared", "catalog"],
    made: ["main.mjs", "admin.mjs", "x509.mjs", "catalog/index.json"].map((name) => `dist/control-plane/${name}`),
    needs: ["control-plane/src/platform/node/main.ts"],
    make: buildControlPlane,
  },
  {
    name: "agent",
    from: ["agent", "shared"],
    made: ["dist/agent/agent.mjs", "dist/agent/acme.mjs", "dist/agent/install.sh", "dist/agent/node_modules/@lydell/node-pty/package.json"],
    needs: ["agent/src/main.ts"],
    make: buildAgent,
  },
];
const archives = ["x64", "arm64"].map((arch) => ({
  name: `agent archive (${arch})`,
  from: ["dist/agent/agent.mjs", "dist/agent/acme.mjs", "agent/package.json", `tools/runtime/node_modules/node-linux-${arch}/package.json`],
  made: [`dist/agent/appos-agent-linux-${arch}.tar.gz`, `dist/agent/appos-agent-linux-${arch}.tar.gz.sha256`],
  needs: [`tools/runtime/node_modules/node-linux-${arch}/bin/node`, "dist/agent/agent.mjs"],
  make: packAgent(arch),
}));

async function make({ name, from, made, needs, make }) {
  const missing = needs.find((path) => !existsSync(at(path)));
  if (missing?.startsWith("tools/")) return;
  if (missing) return say(`${name}: skipped, ${missing} is not there`);
  const content = contentOf([...from, ...recipe]);
  if (isFresh(name, content, made)) return;
  const began = Date.now();
  mkdirSync(at("dist/agent"), { recursive: true });
  try {
    await make();
  } catch (error) {
    throw new Error(`The ${name} could not be built.\n${error.message}`, { cause: error });
  }
  remember(name, content);
  say(`built the ${name} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
}

/** What `npm run admin` needs. */
export async function buildAdmin() {
  await make(targets.find(({ name }) => name === "control plane")).finally(endBundling);
}

/** The control plane as a Cloudflare Worker; it carries the checksums of the archives and the console. */
const worker = {
  name: "worker",
  from: ["control-plane", "shared", "catalog", "dist/web/index.html", "dist/agent/install.sh", ...archives.map(({ made }) => made[1])],
  made: ["dist/workers/worker.mjs", "dist/workers/console/_headers"],
  needs: ["dist/web/index.html", "dist/agent/install.sh"],
  make: () => buildWorker(versionOf("control-plane")),
};

/** Everything that is missing or older than its sources. `edge`: the worker as well. */
export async function build({ edge = false } = {}) {
  const [web, controlPlane, agent] = targets;
  const packed = make(agent).then(() => Promise.all(archives.map(make)));
  const settled = await Promise.allSettled([make(web), make(controlPlane), packed]);
  const failed = settled.find(({ status }) => status === "rejected");
  if (edge && !failed) settled.push(...(await Promise.allSettled([make(worker)])));
  await endBundling();
  const { reason } = settled.find(({ status }) => status === "rejected") ?? {};
  if (reason) throw reason;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await build().catch((error) => fail(error.message));

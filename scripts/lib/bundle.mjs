import { builtinModules } from "node:module";
import { dirname, join } from "node:path";
import { at } from "./root.mjs";

/** CommonJS packages inside an ES module want these three. */
const banner =
  'import{createRequire as __cr}from"node:module";const require=__cr(import.meta.url);const __filename=import.meta.filename,__dirname=import.meta.dirname;';

/** zod brings its messages in fifty languages (380 kB); we speak one. */
const zodInEnglish = {
  name: "zod-in-english",
  setup(build) {
    build.onResolve({ filter: /\/locales\/index\.js$/ }, ({ importer, path }) =>
      /\/node_modules\/zod\//.test(importer) ? { path: join(dirname(importer), path, "../en.js"), namespace: "english" } : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: "english" }, ({ path }) => ({
      contents: `export { default as en } from ${JSON.stringify(path)};`,
      resolveDir: dirname(path),
    }));
  },
};

/**
 * dockerode's ways over SSH and gRPC, and what it builds images with: it talks to a local socket, and builds none. And what axios, which
 * acme-client brings, reaches others with: acme.ts does that itself.
 */
const unused = [
  "ssh2",
  "@grpc/grpc-js",
  "@grpc/proto-loader",
  "protobufjs",
  "tar-fs",
  "@balena/dockerignore",
  "form-data",
  "follow-redirects",
  "proxy-from-env",
];

/** Large, and often not wanted at all: 5 MB for what encrypts, where a program is asked over HTTP and asks so itself. */
const large = new Set(["https", "tls", "readline", "readline/promises"].flatMap((name) => [name, `node:${name}`]));

/**
 * Node reads every export of a built-in that is imported, undici's among them, and only the wanted ones of one that is required. Of
 * a large one nothing is read before the first export of it is wanted.
 */
const builtInsOnDemand = {
  name: "built-ins-on-demand",
  setup(build) {
    const names = new Set(builtinModules.flatMap((name) => [name, `node:${name}`]));
    build.onResolve({ filter: /^[a-z0-9_:/]+$/ }, ({ path, namespace }) => {
      if (!names.has(path)) return undefined;
      // Named by @hono/node-server only, which tells by it that a request is none of HTTP/2.
      if (path === "node:http2") return { path: at("scripts/lib/no-http2.cjs") };
      return namespace === "built-in" ? { path, external: true } : { path, namespace: "built-in" };
    });
    build.onLoad({ filter: /.*/, namespace: "built-in" }, ({ path }) => ({ contents: large.has(path) ? later(path) : now(path) }));
  },
};
const now = (name) => `module.exports = require(${JSON.stringify(name)});`;
/** An export may be set where something inherits from the built-in, as docker-modem does. */
const later = (name) => `
for (const key of ${JSON.stringify(Object.keys(process.getBuiltinModule(name)))})
  Object.defineProperty(exports, key, {
    enumerable: true,
    get: () => require(${JSON.stringify(name)})[key],
    set(value) { Object.defineProperty(this, key, { value, writable: true, enumerable: true, configurable: true }); },
  });`;

/** Loaded when there is something to bundle. */
let esbuild;

const common = {
  absWorkingDir: at(),
  bundle: true,
  format: "esm",
  // One comment beyond ASCII would make a string of two bytes a character of the whole.
  minifySyntax: true,
  minifyWhitespace: true,
  charset: "ascii",
  sourcemap: false,
  legalComments: "none",
  logLevel: "silent",
};

/** A program for Cloudflare's workerd. */
export async function bundleWorker({ entry, outfile, define }) {
  esbuild ??= await import("esbuild");
  await esbuild.build({
    ...common,
    entryPoints: [entry],
    outfile,
    platform: "neutral",
    target: "es2024",
    mainFields: ["browser", "module", "main"],
    conditions: ["workerd", "worker", "browser"],
    external: ["node:*", "cloudflare:*"],
    // bcryptjs asks for it by its old name, and only uses it where there is no Web Crypto.
    alias: { crypto: "node:crypto" },
    define,
    plugins: [zodInEnglish],
  });
}

/** A program for Node, as one file of JavaScript. */
export async function bundle({ entry, outfile, define = {} }) {
  esbuild ??= await import("esbuild");
  await esbuild.build({
    ...common,
    entryPoints: [entry],
    outfile,
    platform: "node",
    target: "node24",
    banner: { js: banner },
    define,
    plugins: [zodInEnglish, apart, builtInsOnDemand],
    alias: Object.fromEntries(unused.map((name) => [name, at("scripts/lib/nothing.cjs")])),
    external: ["@libsql/linux-*"],
  });
}

/** What is imported only when it is wanted, and not by everybody, is a file of its own beside the bundle: else all would hold it in memory. */
const apart = {
  name: "apart",
  setup: (build) =>
    build.onResolve({ filter: /\/(acme|x509)\.ts$/ }, ({ path, kind }) =>
      kind === "dynamic-import" ? { path: path.replace(/\.ts$/, ".mjs"), external: true } : undefined,
    ),
};

/** Ends esbuild's own process, which would wait for more. */
export const endBundling = async () => esbuild?.stop();

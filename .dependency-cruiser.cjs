const test = "[.](test|spec|contract)[.]ts$";
const agentShell = "agent/src/(main|settings|link)[.]ts$|/host/|/machine/";
const core = { path: "^(shared|control-plane|agent)/src/", pathNot: `/platform/|${agentShell}|${test}` };

/** Each rule names the promise it keeps. */
module.exports = {
  forbidden: [
    { name: "core-is-portable", severity: "error", from: core, to: { dependencyTypes: ["core"] } },
    {
      name: "core-never-sees-a-platform",
      severity: "error",
      from: { ...core, path: "^control-plane/src/" },
      to: { path: "/platform/|^cloudflare:|node_modules/(@hono/node-server|ws|@libsql)/" },
    },
    {
      name: "platforms-are-strangers",
      severity: "error",
      from: { path: "/platform/([^/]+)/", pathNot: test },
      to: { path: "/platform/[^/]+/", pathNot: "/platform/$1/" },
    },
    {
      name: "the-machine-is-reached-through-its-interface",
      severity: "error",
      from: { path: "^agent/src/", pathNot: `${agentShell}|${test}` },
      to: { path: "^agent/src/machine/", pathNot: "/machine[.]ts$" },
    },
    {
      name: "the-host-is-the-outermost",
      severity: "error",
      from: { path: "^agent/src/", pathNot: `agent/src/(main|settings|link)[.]ts$|/host/|${test}` },
      to: { path: "^agent/src/host/" },
    },
    {
      name: "a-feature-is-entered-by-its-service",
      severity: "error",
      from: { path: "/features/([^/]+)/", pathNot: `/schema[.]ts$|${test}` },
      to: { path: "/features/[^/]+/(routes|[a-z-]*store|schema)[.]ts$", pathNot: "/features/$1/" },
    },
    {
      name: "routes-call-services",
      severity: "error",
      from: { path: "/routes[.]ts$" },
      to: { path: "/([a-z-]*store|schema|ports)[.]ts$" },
    },
    {
      name: "only-stores-query",
      severity: "error",
      from: { path: "/features/", pathNot: `/([a-z-]*store|schema)[.]ts$|${test}` },
      to: { path: "node_modules/drizzle-orm" },
    },
    {
      name: "shared-knows-only-zod-and-yaml",
      severity: "error",
      from: { path: "^shared/", pathNot: test },
      to: { pathNot: "^shared/|node_modules/(zod|yaml)/" },
    },
    {
      name: "programs-are-strangers",
      severity: "error",
      from: { path: "^(control-plane|agent|web|cli)/" },
      to: { path: "^(control-plane|agent|web|cli)/", pathNot: "^$1/", dependencyTypesNot: ["type-only"] },
    },
    { name: "outside-is-outside", severity: "error", from: { path: "^(e2e|bench)/" }, to: { path: "^(control-plane|agent|web|cli)/src/" } },
    { name: "nothing-needs-the-simulation", severity: "error", from: { pathNot: "^simulation/" }, to: { path: "^simulation/" } },
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(^|/)(dist|build|[.]svelte-kit)/" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "types", "default"] },
  },
};

import { fileURLToPath } from "node:url";
import adapter from "@sveltejs/adapter-static";
import { sveltekit } from "@sveltejs/kit/vite";
import { defineConfig, type Plugin } from "vite";

/** Where `vite dev` finds the API. */
const controlPlane = "http://127.0.0.1:9091";

const floating = /node_modules\/(bits-ui|svelte-toolbelt|runed|@floating-ui|tabbable)\//;

/**
 * What several pages share, as three files rather than dozens: fewer round trips to the first useful screen. Only modules
 * that know nothing of Kit: what does must not run before Kit has been given its payload. Editor and terminal come by themselves.
 */
const shared = [
  // Dialogs are on most pages, menus on few.
  { name: "overlays", test: floating, priority: 1, minShareCount: 5 },
  { name: "menus", test: floating, priority: 0, minShareCount: 2 },
  {
    name: "common",
    test: /node_modules\/(svelte|clsx|esm-env|@lucide)\/|\/src\/lib\/((format|ui)\/(?!code-editor|ConfirmRemoval|Dialog|Menu)|[^/]+\.ts$)/,
    priority: 2,
    minShareCount: 3,
  },
];

/** Kit's announcer hides itself with a style attribute, which the policy refuses; app.css hides it instead. */
const announcerWithoutStyle: Plugin = {
  name: "announcer-without-style",
  enforce: "pre",
  transform(code, id) {
    if (!id.endsWith("/runtime/components/root.svelte")) return;
    const bare = code.replace(/\sstyle="[^"]*"/, "");
    if (bare === code) this.error("Kit's announcer has changed: see whether it still needs app.css to hide it.");
    return { code: bare, map: null };
  },
};

const sheetElement = fileURLToPath(new URL("src/lib/features/terminals/sheet-element.ts", import.meta.url));

/** xterm styles itself with style elements and style attributes, which the policy refuses: it is given others that are allowed. */
const xtermWithoutStyle: Plugin = {
  name: "xterm-without-style",
  enforce: "pre",
  transform(code, id) {
    if (!id.endsWith("/@xterm/xterm/lib/xterm.mjs")) return;
    const made = code.replaceAll(/[\w.]+\.createElement\("style"\)/g, "sheetElement()");
    const set = made.replaceAll(/(\w+)\.setAttribute\("style",(`[^`]*`)\)/g, "$1.style.cssText=$2");
    if (made === code || set === made || /["'`]style["'`]\s*[,)]/.test(set.replaceAll('getAttribute("style")', "")))
      this.error("xterm has changed: see how it styles itself now.");
    return { code: `import { sheetElement } from ${JSON.stringify(sheetElement)};${set}`, map: null };
  },
};

export default defineConfig({
  plugins: [
    announcerWithoutStyle,
    xtermWithoutStyle,
    sveltekit({
      adapter: adapter({ fallback: "index.html", precompress: true }),
      // The page's one inline script is allowed by its hash, in a meta tag. The control plane sends the same policy as a header.
      csp: {
        mode: "hash",
        directives: {
          "default-src": ["self"],
          "script-src": ["self"],
          "style-src": ["self"],
          "img-src": ["self", "data:"],
          "connect-src": ["self"],
          "object-src": ["none"],
          "base-uri": ["none"],
          "form-action": ["self"],
        },
      },
    }),
  ],
  // light-dark() and its like stay as written.
  // Nothing becomes a data: address, which the policy refuses for fonts.
  build: { assetsInlineLimit: 0, target: "es2023", cssTarget: ["chrome123", "firefox128", "safari17.5"] },
  environments: {
    client: {
      build: {
        rolldownOptions: {
          output: { codeSplitting: { groups: shared } },
        },
      },
    },
  },
  // Bundled ahead for development, it would miss the change above.
  optimizeDeps: { exclude: ["@xterm/xterm"] },
  server: { host: "127.0.0.1", port: 9310, strictPort: true, proxy: { "/api": { target: controlPlane, ws: true } } },
});

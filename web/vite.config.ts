import adapter from "@sveltejs/adapter-static";
import { sveltekit } from "@sveltejs/kit/vite";
import { defineConfig, type Plugin } from "vite";

/** Where `vite dev` finds the API. */
const controlPlane = "http://127.0.0.1:9091";

/**
 * What several pages share, as two files rather than dozens: fewer round trips to the first useful screen. Only modules
 * that know nothing of Kit: what does must not run before Kit has been given its payload. The editor comes by itself.
 */
const shared = [
  {
    name: "overlays",
    test: /node_modules\/(bits-ui|svelte-toolbelt|runed|@floating-ui|tabbable)\/|\/src\/lib\/ui\/(Dialog|Menu)\.svelte/,
    priority: 1,
  },
  {
    name: "common",
    test: /node_modules\/(svelte|clsx|esm-env|@lucide)\/|\/src\/lib\/((format|ui)\/(?!code-editor|Dialog|Menu)|[^/]+\.ts$)/,
    priority: 2,
  },
].map((group) => ({ ...group, minShareCount: 3 }));

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

export default defineConfig({
  plugins: [
    announcerWithoutStyle,
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
  server: { host: "127.0.0.1", port: 9310, strictPort: true, proxy: { "/api": controlPlane } },
});

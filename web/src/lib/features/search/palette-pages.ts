/** Where the palette goes without asking anybody: the console's own pages, and those of the app that is open. */
export function palettePages(path: string, mayChange: boolean): { name: string; about: string; path: string }[] {
  const app = /^\/apps\/([^/]+)/.exec(path)?.[1];
  const ofApp =
    app === undefined || app === "new"
      ? []
      : Object.entries({
          "": "Overview",
          deployments: "Deployments",
          logs: "Logs",
          config: "Config",
          ...(mayChange && { env: "Environment", terminal: "Terminal" }),
        }).map(([tab, name]) => ({
          name: `${name} of ${app}`,
          about: "this app",
          path: tab === "" ? `/apps/${app}` : `/apps/${app}/${tab}`,
        }));
  const pages = [
    ["Overview", "/"],
    ["Apps", "/apps"],
    ...(mayChange ? [["New app", "/apps/new"]] : []),
    ["Projects", "/projects"],
    ["Catalog", "/catalog"],
    ["Servers", "/servers"],
    ...(mayChange ? [["Activity", "/activity"]] : []),
    ["Settings", "/settings"],
  ];
  return [...ofApp, ...pages.map(([name, to]) => ({ name: name!, about: "page", path: to! }))];
}

/** Each word of what is looked for is in it. */
export const fits = (name: string, wanted: string): boolean =>
  wanted
    .toLowerCase()
    .split(/\s+/)
    .every((word) => name.toLowerCase().includes(word));

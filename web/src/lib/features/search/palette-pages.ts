/** The app whose page is open, by the name in its address. */
export function openApp(path: string): string | undefined {
  const app = /^\/apps\/([^/]+)/.exec(path)?.[1];
  return app === "new" ? undefined : app;
}

/** Where the palette goes without asking anybody: the console's own pages, and those of the app that is open. */
export function palettePages(
  path: string,
  may: { administer: boolean; addApps: boolean; changeApp: boolean },
): { name: string; about: string; path: string }[] {
  const app = openApp(path);
  const ofApp =
    app === undefined
      ? []
      : Object.entries({
          "": "Overview",
          deployments: "Deployments",
          domains: "Domains",
          logs: "Logs",
          config: "Config",
          ...(may.changeApp && { env: "Environment", terminal: "Terminal" }),
        }).map(([tab, name]) => ({
          name: `${name} of ${app}`,
          about: "this app",
          path: tab === "" ? `/apps/${app}` : `/apps/${app}/${tab}`,
        }));
  const pages = [
    ["Overview", "/"],
    ["Apps", "/apps"],
    ...(may.addApps ? [["New app", "/apps/new"]] : []),
    ["Projects", "/projects"],
    ["Catalog", "/catalog"],
    ["Domains", "/domains"],
    ["Servers", "/servers"],
    ...(may.administer ? [["Activity", "/activity"]] : []),
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

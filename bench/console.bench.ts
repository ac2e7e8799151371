import type { ServerView } from "@appos/shared/servers";
import type { Row } from "./lib/answer.ts";
import { appos } from "./lib/appos.ts";
import { bareHono } from "./lib/hono.ts";
import { question, row, times } from "./lib/question.ts";
import { browser, visit } from "./lib/visits.ts";

const APPS = 20;

await question("How much script does the console fetch, and when is it usable, with an empty cache?", async () => {
  const [{ admin, url }, bare, running] = await Promise.all([appos(), bareHono(), browser()]);
  const { server } = await admin.ask<{ server: ServerView }>("POST", "servers", { name: "bench-away" });
  for (let n = 0; n < APPS; n++) {
    const source = { type: "compose", compose: "services:\n  web:\n    image: bench-web:1\n" };
    await admin.ask("POST", "apps", { name: `bench-${n}`, serverId: server.id, source });
  }

  const visits = {
    form: { url: `${bare.url}/form`, waitsFor: ["#email"] },
    login: { url: `${url}/login`, waitsFor: ["input[type=email]", "button[type=submit]"] },
    // Its heading, a server and an app: the frame, and the first answers of the API.
    overview: { url: `${url}/`, cookie: admin.headers["cookie"], waitsFor: ["h1", "text=bench-away", `text=bench-${APPS - 1}`] },
  };
  const seen = { form: [] as Visited[], login: [] as Visited[], overview: [] as Visited[] };
  for (const which of ["form", "login", "overview"] as const) await visit(running, visits[which]);
  for (let round = 0; round < times(10); round++)
    for (const which of ["form", "login", "overview"] as const) seen[which].push(await visit(running, visits[which]));

  const peer = { name: "a bare page with a form", readings: seen.form.map(({ usable }) => usable) };
  const below = (says: string, limit: number) => ({ says, keeps: ({ here }: Row) => here.p50 < limit });
  const last = (which: "login" | "overview", key: "gzip" | "sent") => [seen[which].at(-1)![key]];
  const time = (which: "login" | "overview") => ({ unit: "ms" as const, here: seen[which].map(({ usable }) => usable), peer });
  return [
    row({ what: "log-in page, form there to see", ...time("login"), budget: below("< 0.5 s", 500) }),
    row({ what: "overview, heading and first data there to see", ...time("overview"), budget: below("< 0.7 s", 700) }),
    row({ what: "log-in page, script (gzip)", unit: "kB", here: last("login", "gzip"), budget: below("< 150 kB", 150) }),
    row({ what: "overview, script (gzip)", unit: "kB", here: last("overview", "gzip"), budget: below("< 150 kB", 150) }),
    row({ what: "log-in page, script as it was sent", unit: "kB", here: last("login", "sent") }),
    row({ what: "overview, script as it was sent", unit: "kB", here: last("overview", "sent") }),
  ];
});

type Visited = Awaited<ReturnType<typeof visit>>;

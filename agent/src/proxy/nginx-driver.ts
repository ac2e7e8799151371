import { certificateProblems } from "./certificates.ts";
import { downPageFiles } from "./down-pages.ts";
import type { Driver } from "./driver.ts";
import { passwordFiles } from "./nginx-options.ts";
import { nginxMark, nginxPlaces, renderNginx } from "./nginx.ts";

const inside = (path: string) => path.slice(path.lastIndexOf("/") + 1);
/** What it says before it has read where to say it. */
const ERRORS = ["-e", "stderr"] as const;
const reload = ["nginx", ...ERRORS, "-c", nginxPlaces.config, "-s", "reload"] as const;

export const nginxDriver: Driver = {
  config: inside(nginxPlaces.config),
  next: inside(nginxPlaces.next),
  render: renderNginx,
  files: (model) => ({ ...passwordFiles(model), ...downPageFiles(model) }),
  service: () => ({
    // Images bring scripts of their own, which would write files.
    entrypoint: ["nginx"],
    command: [...ERRORS, "-c", nginxPlaces.config],
    // Its first process reads the keys and opens the ports; those that talk to visitors are nobody's.
    cap_add: ["NET_BIND_SERVICE", "SETUID", "SETGID"],
    tmpfs: ["/run", `${nginxPlaces.scratch}:uid=65534,mode=0700`],
    // What is being answered is answered before it ends.
    stop_signal: "SIGQUIT",
    volumes: [],
  }),
  volumes: [],
  check: ["nginx", ...ERRORS, "-t", "-q", "-c", nginxPlaces.next],
  reload,
  again: reload,
  mark: (text) => ({ path: nginxMark(text), status: 204 }),
  asksInLowerCase: true,
  certificatesBy: "agent",
  certificateProblems,
};

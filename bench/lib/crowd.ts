import { until } from "./places.ts";
import { start } from "./program.ts";

/** What a program of the crowd is to do. Without keys its sockets are bare ones. */
export interface CrowdOrder {
  url: string;
  servers: string[];
  keys?: { controlPlaneId: string; controlPlaneKey: string; privateKey: string };
  /** All have tried once within this time. */
  withinMs: number;
}

/** How many have a link now and when that changed last, how often one of their sockets was opened, and how many of their jobs are over. */
export interface CrowdNews {
  linked: number;
  lastAt: number;
  opens: number;
  jobs: number;
}

/** Each has to keep up without being the machine's whole load. */
const PROGRAMS = 3;

export type Crowd = ReturnType<typeof crowd>;

/** A socket for each server, kept open by a few programs. */
export function crowd({ servers, ...order }: CrowdOrder) {
  const parts = Array.from({ length: PROGRAMS }, (_, part) => {
    const { child, stop } = start(process.execPath, [`${import.meta.dirname}/crowd-program.ts`], { talks: true });
    const state = { news: { linked: 0, lastAt: 0, opens: 0, jobs: 0 }, end: () => stop("SIGKILL") };
    child.on("message", (news: CrowdNews) => (state.news = news));
    const mine = servers.filter((_, index) => index % PROGRAMS === part);
    child.send({ servers: mine, ...order } satisfies CrowdOrder);
    return state;
  });
  const sum = (of: (news: CrowdNews) => number) => parts.reduce((total, { news }) => total + of(news), 0);
  const linked = () => sum((news) => news.linked);
  return {
    opens: () => sum(({ opens }) => opens),
    jobs: () => sum(({ jobs }) => jobs),
    /** Resolves when every one of them has a link that it got since then, with the time at which the last one did; both by `performance.now()`. */
    async all(since = 0, within = 180_000): Promise<number> {
      const lastOf = ({ news }: (typeof parts)[number]) => news.lastAt - performance.timeOrigin;
      const there = () => linked() === servers.length && parts.every((part) => lastOf(part) > since);
      await until(`all ${servers.length} have a link`, there, within);
      return Math.max(...parts.map(lastOf));
    },
    end: () => Promise.all(parts.map(({ end }) => end())),
  };
}

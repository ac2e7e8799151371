import { describe, expect, test } from "vitest";
import { type News, onConnected, onLost, onTime } from "./link-news.ts";
import { presenceOf, type Standing } from "./presence.ts";

const [SECOND, MINUTE] = [1_000, 60_000];
const added: Standing = {
  addedAt: 1,
  connectedAt: null,
  disconnectedAt: null,
  lostWhy: null,
  awayAt: null,
  tellAt: null,
  losses: [],
  flappingSince: null,
};

/** One server whose link comes and goes while a clock is moved. */
function server() {
  let standing = added;
  let time = 1_000_000;
  const lines: string[] = [];
  const apply = ({ set, lines: more, short }: News) => {
    standing = { ...standing, ...set };
    lines.push(...more.map(({ what }) => what), ...(short ? ["(short)"] : []));
  };
  const it = {
    lines,
    seen: () => presenceOf(standing, time),
    connect: () => (apply(onConnected(standing, null, time)), it),
    lose: (why = "The connection broke off.") => (apply(onLost(standing, why, time)), it),
    /** As often as the control plane looks. */
    pass(ms: number) {
      for (const end = time + ms; time < end;) {
        time = Math.min(end, time + SECOND);
        apply(onTime(standing, time));
      }
      return it;
    },
    /** Without anybody looking. */
    sleep: (ms: number) => ((time += ms), it),
    restart() {
      const awayAt = time + MINUTE;
      if (standing.disconnectedAt === null) standing = { ...standing, disconnectedAt: time, lostWhy: null, awayAt, tellAt: awayAt };
      else if (standing.tellAt === standing.awayAt) standing = { ...standing, awayAt, tellAt: awayAt };
      return it;
    },
  };
  return it;
}

describe("presence", () => {
  test("is added before the agent ever called, and up since its link is open", () => {
    expect(presenceOf(added, 10)).toEqual({ presence: "added", since: 1, linked: false, flapping: false });
    expect(presenceOf({ ...added, connectedAt: 5 }, 10)).toEqual({ presence: "up", since: 5, linked: true, flapping: false });
  });

  test("a link that is open again within ten seconds was never away, and the server is up since it first was", () => {
    const it = server().connect();
    const { since } = it.seen();
    it.pass(MINUTE)
      .lose()
      .pass(9 * SECOND);
    expect(it.seen()).toMatchObject({ presence: "up", linked: false, since });
    expect(it.connect().pass(MINUTE).seen()).toMatchObject({ presence: "up", linked: true, since });
    expect(it.lines).toEqual(["connected", "(short)"]);
  });

  test("a link that stays away for ten seconds is away, and after five minutes the server is lost", () => {
    const it = server()
      .connect()
      .lose()
      .pass(10 * SECOND);
    expect(it.seen()).toMatchObject({ presence: "away" });
    expect(it.pass(5 * MINUTE).seen()).toMatchObject({ presence: "lost" });
    expect(it.connect().seen()).toMatchObject({ presence: "up", linked: true });
    expect(it.lines).toEqual(["connected", "lost", "connected"]);
  });

  test("a loss that nobody looked at in time is told all the same, before what came after it", () => {
    expect(server().connect().lose().sleep(MINUTE).connect().lines).toEqual(["connected", "lost", "connected"]);
  });

  test("a second farewell of the same link changes nothing", () => {
    const it = server()
      .connect()
      .lose()
      .pass(8 * SECOND)
      .lose()
      .pass(2 * SECOND);
    expect(it.seen()).toMatchObject({ presence: "away" });
  });

  test("a link that takes the place of one whose end was overlooked is a short loss", () => {
    expect(server().connect().pass(MINUTE).connect().lines).toEqual(["connected", "(short)"]);
  });
});

describe("after the control plane was started again", () => {
  test("a server that is back within a minute was never away", () => {
    const it = server().connect();
    const { since } = it.seen();
    it.pass(MINUTE)
      .restart()
      .pass(59 * SECOND);
    expect(it.seen()).toMatchObject({ presence: "up", linked: false, since });
    expect(it.connect().seen()).toMatchObject({ presence: "up", linked: true, since });
    expect(it.lines).toEqual(["connected", "connected"]);
  });

  test("one that is not back by then is away", () => {
    const it = server().connect().restart().pass(MINUTE);
    expect(it.seen()).toMatchObject({ presence: "away" });
    expect(it.lines).toEqual(["connected", "lost"]);
  });

  test("a loss just before waits as long, because nobody could come back meanwhile", () => {
    const it = server()
      .connect()
      .lose()
      .pass(5 * SECOND)
      .restart()
      .pass(50 * SECOND);
    expect(it.seen()).toMatchObject({ presence: "up", linked: false });
    expect(it.connect().lines).toEqual(["connected", "(short)"]);
  });

  test("a control plane that is started time and again tells no loss as long as nobody has had a minute to come back", () => {
    const it = server().connect();
    for (let i = 0; i < 8; i++) it.restart().pass(50 * SECOND);
    expect(it.seen()).toMatchObject({ presence: "up" });
    it.pass(11 * SECOND);
    expect(it.seen()).toMatchObject({ presence: "lost" });
    expect(it.lines).toEqual(["connected", "lost"]);
  });
});

describe("a server that loses its link", () => {
  const often = (times: number, gap: number) => {
    const it = server().connect();
    for (let i = 0; i < times; i++)
      it.pass(gap)
        .lose()
        .pass(2 * SECOND)
        .connect();
    return it;
  };

  test("five times in ten minutes is not flapping; six times is", () => {
    expect(often(5, MINUTE).seen().flapping).toBe(false);
    const it = often(6, MINUTE);
    expect(it.seen()).toMatchObject({ presence: "up", flapping: true });
    expect(it.lines.filter((what) => what === "flapping")).toHaveLength(1);
  });

  test("six times over an hour is not flapping", () => expect(often(6, 10 * MINUTE).seen().flapping).toBe(false));

  test("is flapping until it has held its link for ten minutes, and may then begin anew", () => {
    const it = often(6, 30 * SECOND).pass(9 * MINUTE);
    expect(it.seen().flapping).toBe(true);
    it.lose()
      .pass(2 * SECOND)
      .connect()
      .pass(9 * MINUTE);
    expect(it.seen().flapping).toBe(true);
    expect(it.pass(2 * MINUTE).seen().flapping).toBe(false);
    for (let i = 0; i < 6; i++)
      it.lose()
        .pass(2 * SECOND)
        .connect();
    expect(it.seen().flapping).toBe(true);
    expect(it.lines.filter((what) => what === "flapping")).toHaveLength(2);
  });

  test("is not flapping any more once it is gone for good", () => {
    const it = often(6, 30 * SECOND)
      .lose()
      .pass(11 * MINUTE);
    expect(it.seen()).toMatchObject({ presence: "lost", flapping: false });
  });
});

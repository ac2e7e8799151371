import type { FakeServer } from "./fake-server.ts";
import type { Names, NamesLooked } from "./machine.ts";

/** The DNS in memory. Who asks for an address follows an alias. */
export function fakeNames({ dns }: Pick<FakeServer, "dns">): Names {
  type Known = NonNullable<ReturnType<typeof dns.get>>;
  function look<T>(name: string, records: (known: Known) => T[] | undefined, follows = true): NamesLooked<T> {
    const known = dns.get(name);
    if (!known) return { problem: "no-such-name" };
    if (known.fails) return { problem: known.fails };
    if (follows && known.cname !== undefined) return look(known.cname, records);
    const found = records(known) ?? [];
    return found.length > 0 ? { records: found } : { problem: "none" };
  }
  return {
    addresses: async (name, family) => look(name, ({ a, aaaa }) => (family === 4 ? a : aaaa)),
    aliases: async (name) => look(name, ({ cname }) => (cname === undefined ? [] : [cname]), false),
    caa: async (name) => look(name, ({ caa }) => caa),
    servers: async (zone) => look(zone, ({ ns }) => ns),
    texts: async (name) => look(name, ({ txt }) => txt),
  };
}

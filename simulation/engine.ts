import { newContainer } from "../agent/src/machine/fake-compose.ts";
import { fakeMachine } from "../agent/src/machine/fake-machine.ts";
import { CommandFailed, type Container, type Machine } from "../agent/src/machine/machine.ts";
import type { Chance } from "./chance.ts";
import type { VirtualTime } from "./time.ts";

interface World {
  time: VirtualTime;
  chance: Chance;
  clock(): number;
}

/** A server's Docker with Compose as it really fails: in the middle, by a name that is taken, by an image, by a container that falls over. */
export function engine({ time, chance, clock }: World) {
  const faults = { pull: 0, start: 0, slow: 1 };
  /** The app whose containers are being made at this moment. */
  const making = new Set<string>();
  let cuts = 0;

  const server = fakeMachine("/var/lib/appos", {
    now: clock,
    elapsed: time.now,
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      time.timer(ms, resolve);
      signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
      await promise;
    },
  });

  server.onRun = async (command) => {
    const project = command.find((word) => word.startsWith("--project-name="))!.slice("--project-name=".length);
    const verb = command.find((word) => ["up", "pull", "stop", "restart", "down"].includes(word));
    const cutsBefore = cuts;
    if (verb === "up") making.add(project);
    await time.sleep(chance.between(5, 1_500) * faults.slow);
    if (cuts !== cutsBefore) return new Promise(() => {});
    making.delete(project);
    if (verb === "pull" && chance.of(faults.pull)) throw failed("Error response from daemon: manifest for app:1 not found");
    if (verb !== "up") return;
    if (server.containers.some((each) => each.project === project && temporary.test(each.status.container)))
      throw failed(`Error response from daemon: Conflict. The container name "/${project}-web-1" is already in use by container "1234"`);
    if (chance.of(faults.start / 2)) throw failed("Error response from daemon: driver failed programming external connectivity");
  };
  server.onStart = ({ status }) => {
    if (chance.of(faults.start)) Object.assign(status, { state: "exited", exitCode: 1 });
  };

  return {
    faults,
    server,
    /** The server as one life of its agent sees it: to a dead one nothing answers, and nothing it asked for goes on. */
    machineFor(alive: () => boolean, mortal: <T>(task: Promise<T>) => Promise<T>): Machine {
      const { machine } = server;
      const guarded = <O extends object>(object: O): O =>
        new Proxy(object, {
          get: (target, name) => {
            const member: unknown = Reflect.get(target, name);
            if (typeof member !== "function") return member;
            return (...args: unknown[]) => (alive() ? mortal(Promise.resolve(member.apply(target, args))) : new Promise(() => {}));
          },
        });
      return {
        ...machine,
        files: guarded(machine.files),
        engine: { ...guarded(machine.engine), watch: () => {} },
        run: (command, options) => mortal(machine.run(command, options)),
        sleep: (ms, signal) => mortal(machine.sleep(ms, signal)),
        // How a server is doing is no matter of jobs.
        sample: () => new Promise(() => {}),
      };
    },
    /** The agent was killed, and its Compose with it: what that was making stays half made. */
    cutOff() {
      for (const project of making) if (chance.of(0.7)) server.containers.push(halfMade(project, chance));
      making.clear();
      cuts++;
    },
  };
}

const temporary = /^[0-9a-f]{12}_/;
const failed = (line: string) => new CommandFailed("docker-compose ended with exit code 1", 1, [line]);

function halfMade(project: string, chance: Chance): Container {
  const container = newContainer(`half-${chance.upTo(1e9)}`, project, "web", { image: "", labels: {} });
  return { ...container, status: { ...container.status, container: `0123456789ab_${project}-web-1` } };
}

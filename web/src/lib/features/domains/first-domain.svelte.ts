import type { AppDomain } from "@appos/shared/app-domain";
import { api } from "#lib/api.ts";
import { Query } from "#lib/query.svelte.ts";
import { isMember } from "#lib/features/auth/may-change.ts";
import { LETS_ENCRYPT } from "./authority.ts";
import { domainProblem, fromAddress, portProblem } from "./domain-problem.ts";
import { likelyHttps } from "./https-choice.ts";
import { type ServiceTarget, serviceTargets } from "./service-targets.ts";

type Known = Partial<Parameters<typeof serviceTargets>[0]>;

/** The domain that a new app begins with, as it is typed. Made while a component is. */
export class FirstDomain {
  #name = $state("");
  #service = $state<string | undefined>();
  #port = $state<string | undefined>();
  readonly #known: () => Known;

  /** `known`: what is known of where the app can be reached. */
  constructor(known: () => Known) {
    this.#known = known;
  }

  readonly targets: ServiceTarget[] = $derived.by(() => serviceTargets({ routes: [], compose: [], containers: [], ...this.#known() }));
  /** What somebody has chosen, in place of what is most likely meant. */
  readonly service = $derived.by(() => {
    const chosen = this.targets.some(({ service }) => service === this.#service) ? this.#service : undefined;
    return chosen ?? this.targets[0]?.service ?? "";
  });
  readonly ports = $derived.by(() => this.targets.find(({ service }) => service === this.service)?.ports ?? []);
  readonly port = $derived.by(() => this.#port ?? String(this.ports[0] ?? ""));
  /** As it is typed, without what surrounds it. */
  readonly name = $derived.by(() => this.#name.trim().replace(/\.$/, "").toLowerCase());
  readonly problem = $derived.by(() => domainProblem(this.#name) ?? (this.name ? portProblem(this.port) : undefined));
  /** Not for everybody to read: who may not goes by what is usual. */
  readonly #settings = new Query(() => (this.name && !isMember() ? { key: "certificates", fetch: api.proxy.certificates } : undefined));
  /** As the form of a domain suggests it. Until that is known, what is usual. */
  readonly isInternal = $derived.by(() => {
    const directory = isMember() ? LETS_ENCRYPT : this.#settings.value?.directory;
    return directory !== undefined && likelyHttps(this.name, directory) === "internal";
  });
  /** What is sent; undefined where none is wanted. */
  readonly asked = $derived.by((): AppDomain | undefined => {
    if (!this.name) return undefined;
    return {
      domain: this.name,
      path: "/",
      ...(this.service && { service: this.service }),
      ...(this.port && { port: Number(this.port) }),
      ...(this.isInternal && { https: "internal" }),
    };
  });

  get typed(): string {
    return this.#name;
  }
  type = (given: string): void => void (this.#name = fromAddress(given).domain);
  chooseService = (service: string): void => {
    this.#service = service;
    this.#port = undefined;
  };
  choosePort = (port: string): void => void (this.#port = port.trim());
}

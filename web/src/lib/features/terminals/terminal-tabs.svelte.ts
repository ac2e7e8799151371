import { randomKey } from "#lib/random-key.ts";

/** One terminal of this page. */
export interface TerminalTab {
  key: string;
  /** What it is called until something calls it otherwise. */
  label: string;
  /** In which of an app's services it is. */
  service: string | undefined;
  /** As the control plane knows it, once it is open. */
  session: string | undefined;
  /** As the program in it calls itself. */
  title: string | undefined;
  /** As a person called it. */
  name: string | undefined;
}

export const tabTitle = ({ name, title, label }: TerminalTab): string => name ?? title ?? label;

/** The terminals that a browser's tab has open in one place; a reload finds them again. */
export class TerminalTabs {
  items = $state<TerminalTab[]>([]);
  current = $state<string | undefined>();
  readonly #kept: string;

  /** `place`: a server's or an app's id. */
  constructor(place: string) {
    this.#kept = `appos.terminals.${place}`;
    try {
      const { items, current } = JSON.parse(sessionStorage.getItem(this.#kept) ?? "{}") as { items?: TerminalTab[]; current?: string };
      this.items = items ?? [];
      this.current = current ?? items?.[0]?.key;
    } catch {
      // Nothing that could be read is kept.
    }
  }

  open(service?: string): void {
    const what = service ?? "Terminal";
    const taken = this.items.map(({ label }) => label);
    let label = what;
    for (let number = 2; taken.includes(label); number++) label = `${what} ${number}`;
    const tab = { key: randomKey(), label, service, session: undefined, title: undefined, name: undefined };
    this.items.push(tab);
    this.show(tab.key);
  }

  show(key: string): void {
    this.current = key;
    this.keep();
  }

  change(key: string, to: Partial<Pick<TerminalTab, "session" | "title" | "name">>): void {
    const tab = this.items.find((one) => one.key === key);
    if (!tab) return;
    Object.assign(tab, to);
    this.keep();
  }

  close(key: string): void {
    const at = this.items.findIndex((one) => one.key === key);
    if (at < 0) return;
    this.items.splice(at, 1);
    if (this.current === key) this.current = (this.items[at] ?? this.items.at(-1))?.key;
    this.keep();
  }

  keep(): void {
    try {
      sessionStorage.setItem(this.#kept, JSON.stringify({ items: this.items, current: this.current }));
    } catch {
      // No storage: a reload opens anew.
    }
  }
}

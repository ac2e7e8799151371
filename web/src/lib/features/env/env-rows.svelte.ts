import type { EnvSettingView, EnvSource, SavedSettings } from "@appos/shared/env";
import { looksSecret } from "@appos/shared/secret-names";

/** One variable while it is edited. */
export interface EnvRow {
  id: number;
  key: string;
  /** Null: a secret that is kept as it is, whatever it is. */
  value: string | null;
  secret: boolean;
  from?: EnvSource;
  /** What is shown of where it comes from. */
  fromWords?: string;
}

const name = /^[A-Za-z_][A-Za-z0-9_]*$/;
let ids = 0;

/** The variables of an app, a project or a server while somebody edits them. */
export class EnvRows {
  rows = $state<EnvRow[]>([]);
  #base = $state.raw("");

  /** What a program would save if nothing were changed any more. */
  saved = $derived<SavedSettings>(
    this.rows
      .filter(({ key, value }) => key !== "" || (value !== null && value !== ""))
      .map(({ key, value, secret, from }) => (from ? { key, value: "", secret, from: $state.snapshot(from) } : { key, value, secret })),
  );
  changed = $derived(JSON.stringify(this.saved) !== this.#base);
  /** By row, what keeps it from being saved. */
  problems = $derived.by(() => {
    const seen = new Map<string, number>();
    for (const { key } of this.rows) seen.set(key, (seen.get(key) ?? 0) + 1);
    return new Map(
      this.rows.flatMap(({ id, key, value }): [number, string][] => {
        if (key === "") return value ? [[id, "Give it a name."]] : [];
        if (!name.test(key)) return [[id, "Use letters, digits and underscores, and no digit at the start."]];
        return (seen.get(key) ?? 0) > 1 ? [[id, "There are two of this name."]] : [];
      }),
    );
  });
  ready = $derived(this.changed && this.problems.size === 0);
  /** What an edit of them is about. */
  readonly edited = {
    what: "the variables",
    fill: ({ env }: { env: readonly EnvSettingView[] }) => this.begin(env),
    draft: () => this.saved,
    changed: () => this.changed,
  };

  begin(settings: readonly EnvSettingView[]): void {
    this.rows = settings.map(({ key, value, secret, from }) => ({
      id: ++ids,
      key,
      value,
      secret,
      ...(from && {
        from: from.service === undefined ? { app: from.app, key: from.key ?? "" } : { app: from.app, service: from.service },
        fromWords: words(from.appName ?? "an app that is gone", from),
      }),
    }));
    this.#base = JSON.stringify(this.saved);
  }
  add(row: Omit<EnvRow, "id"> = { key: "", value: "", secret: false }): number {
    this.rows.push({ ...row, id: ++ids });
    return ids;
  }
  remove(id: number): void {
    this.rows = this.rows.filter((row) => row.id !== id);
  }
  /** Takes over what was pasted: what is there already gets the new value. */
  take(entries: readonly { key: string; value: string }[], replace: boolean): void {
    const known = new Map(this.rows.map((row) => [row.key, row]));
    if (replace) this.rows = this.rows.filter(({ key }) => entries.some((entry) => entry.key === key));
    for (const { key, value } of entries) {
      const row = known.get(key);
      if (!row) this.add({ key, value, secret: looksSecret(key) });
      else {
        row.value = value;
        delete row.from;
        delete row.fromWords;
      }
    }
  }
  /** Shows what was revealed; it is saved as it was. */
  reveal(entries: readonly { key: string; value: string }[]): void {
    const untouched = !this.changed;
    const told = new Map(entries.map(({ key, value }) => [key, value]));
    for (const row of this.rows) if (row.secret && row.value === null && told.has(row.key)) row.value = told.get(row.key)!;
    if (untouched) this.#base = JSON.stringify(this.saved);
  }
}

export const words = (app: string, { key, service }: { key?: string | undefined; service?: string | undefined }) =>
  service === undefined ? `${key} of ${app}` : `address of ${service} of ${app}`;

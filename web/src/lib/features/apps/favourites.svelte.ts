import { api } from "#lib/api.ts";
import { asApiError } from "#lib/api-error.ts";
import { toast } from "#lib/ui/toasts.svelte.ts";

/** Which apps whoever is signed in wants to have at hand. */
class Favourites {
  #ids = $state.raw<ReadonlySet<string>>(new Set());
  #asked = false;

  /** Asks for them once; called by what shows them. */
  load(): void {
    if (this.#asked) return;
    this.#asked = true;
    api.apps.favourites().then(
      (apps) => (this.#ids = new Set(apps)),
      () => (this.#asked = false),
    );
  }
  has = (app: string): boolean => this.#ids.has(app);

  async toggle(app: string): Promise<void> {
    const before = this.#ids;
    const wanted = !before.has(app);
    this.#ids = wanted ? new Set([...before, app]) : new Set([...before].filter((id) => id !== app));
    try {
      this.#ids = new Set(await api.apps.favour(app, wanted));
    } catch (cause) {
      this.#ids = before;
      toast(asApiError(cause).message, { tone: "bad" });
    }
  }
  /** When somebody else signs in. */
  forget(): void {
    this.#ids = new Set();
    this.#asked = false;
  }
}
export const favourites = new Favourites();

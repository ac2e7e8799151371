import { invalidate } from "$app/navigation";
import { page } from "$app/state";
import { asApiError } from "#lib/api-error.ts";
import { api } from "#lib/api.ts";
import { forgetAll } from "#lib/query.svelte.ts";
import { viewerLink } from "#lib/viewer-link.svelte.ts";

/** What depends on who is signed in, as Kit is told. */
export const ME = "appos:me";

/** Asks once more who is signed in. Where their rights have changed, all that is shown is fetched anew: what they lost goes. */
export async function lookWhoIsHere(): Promise<void> {
  // Whoever is nobody any more is led out by any other answer.
  const me = await api.auth
    .me()
    .catch((cause: unknown) => void (asApiError(cause).code === "UNAUTHENTICATED" && api.system().catch(() => {})));
  if (!me || JSON.stringify(me) === JSON.stringify(page.data.me)) return;
  await invalidate(ME);
  forgetAll();
  viewerLink.startOver();
}

import { error, redirect } from "@sveltejs/kit";
import { asApiError } from "#lib/api-error.ts";
import { api } from "#lib/api.ts";
import { ME } from "#lib/features/auth/whoever.ts";
import type { LayoutLoad } from "./$types.js";

/** Nobody is here without having signed in; before there is an administrator, there is only the set-up. */
export const load: LayoutLoad = async ({ url, untrack, depends }) => {
  depends(ME);
  try {
    return { me: await api.auth.me() };
  } catch (cause) {
    const { code, message } = asApiError(cause);
    if (code !== "UNAUTHENTICATED") error(503, { message, code });
    const { needed } = await api.setup.state().catch(() => ({ needed: false }));
    if (needed) redirect(307, "/setup");
    const here = untrack(() => url.pathname + url.search);
    redirect(307, here === "/" ? "/login" : `/login?next=${encodeURIComponent(here)}`);
  }
};

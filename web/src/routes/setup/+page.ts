import { asApiError } from "#lib/api-error.ts";
import { api } from "#lib/api.ts";

export const load = async () => {
  try {
    return { ...(await api.setup.state()), error: undefined };
  } catch (cause) {
    return { needed: true, error: asApiError(cause) };
  }
};

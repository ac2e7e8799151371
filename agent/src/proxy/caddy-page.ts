export type Json = Record<string, unknown>;

/** A page of the proxy's own. */
export const page = (status: number | string, body: string): Json => ({
  handler: "static_response",
  status_code: status,
  headers: { "Content-Type": ["text/html; charset=utf-8"], "Cache-Control": ["no-store"] },
  body,
});

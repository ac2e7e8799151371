import { Agent, type IncomingMessage, request } from "node:http";
import type { Failure } from "@appos/shared/envelope";

export type Client = ReturnType<typeof client>;

export interface Reply {
  status: number;
  text: string;
  headers: IncomingMessage["headers"];
}

/** HTTP over connections that stay open, as a browser keeps them. */
export function client(url: string, headers: Record<string, string> = {}) {
  const agent = new Agent({ keepAlive: true });

  function send(method: string, path: string, body?: unknown): Promise<Reply> {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const sent =
      text === undefined ? headers : { ...headers, "content-type": "application/json", "content-length": Buffer.byteLength(text) };
    return new Promise((resolve, reject) => {
      const asked = request(`${url}${path}`, { method, agent, headers: sent }, (reply) => {
        let said = "";
        reply.setEncoding("utf8");
        reply.on("data", (chunk: string) => (said += chunk));
        reply.on("end", () => resolve({ status: reply.statusCode ?? 0, text: said, headers: reply.headers }));
      });
      asked.on("error", reject);
      asked.end(text);
    });
  }

  return {
    url,
    headers,
    send,
    /** What is in the envelope of the API's answer. */
    async ask<T>(method: string, path: string, body?: unknown): Promise<T> {
      const { text } = await send(method, `/api/v1/${path}`, body);
      const envelope = JSON.parse(text) as { success: true; data: T } | Failure;
      if (!envelope.success) throw new Error(`${method} ${path}: ${envelope.message}`);
      return envelope.data;
    },
    close: () => agent.destroy(),
  };
}

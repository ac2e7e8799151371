import { request as overHttp } from "node:http";
import { request as overHttps } from "node:https";

export const basic = (name: string, password: string) => ({ authorization: `Basic ${btoa(`${name}:${password}`)}` });

export interface Asked {
  name?: string;
  path?: string;
  headers?: Record<string, string>;
  method?: string;
  body?: Buffer;
  https?: boolean;
  host?: string;
}
export const askAt =
  (PORTS: { http: number; https: number }) =>
  ({ name = "a.test", path = "/", headers = {}, method = "GET", body, https = false, host = "127.0.0.1" }: Asked = {}) =>
    new Promise<{ status: number; headers: Record<string, string | string[] | undefined>; body: Buffer; firstMs: number }>(
      (resolve, reject) => {
        const began = Date.now();
        const options = { host, path, method, headers: { host: name, ...headers }, agent: false as const };
        const asked = https
          ? overHttps({ ...options, port: PORTS.https, servername: name, rejectUnauthorized: false })
          : overHttp({ ...options, port: PORTS.http });
        asked.on("error", reject);
        asked.on("response", (answer) => {
          const chunks: Buffer[] = [];
          let firstMs = 0;
          answer.on("data", (chunk: Buffer) => (chunks.push(chunk), (firstMs ||= Date.now() - began)));
          answer.on("error", reject);
          answer.on("end", () => resolve({ status: answer.statusCode!, headers: answer.headers, body: Buffer.concat(chunks), firstMs }));
        });
        asked.end(body);
      },
    );

import { Agent, type OutgoingHttpHeaders, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

export interface Load {
  /** The same each time, or another one each time. */
  url: string | ((n: number) => string);
  method?: "GET" | "POST";
  headers?: OutgoingHttpHeaders;
  perSecond: number;
  seconds: number;
}

/** Asks at a steady rate, whether or not answers come, and gives back how long each took in ms. */
export async function steadyLoad({ url, method = "GET", headers = {}, perSecond, seconds }: Load): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 100 });
  const began = performance.now();
  const answers: Promise<number>[] = [];
  for (let n = 0; n < perSecond * seconds; n++) {
    const due = began + (n * 1_000) / perSecond;
    if (due > performance.now()) await sleep(due - performance.now());
    answers.push(timeOf(typeof url === "string" ? url : url(n), { method, headers, agent }));
  }
  const readings = await Promise.all(answers);
  agent.destroy();
  return readings;
}

function timeOf(url: string, options: { method: string; headers: OutgoingHttpHeaders; agent: Agent }): Promise<number> {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const asked = request(url, options, (reply) => {
      reply.resume();
      reply.on("end", () =>
        (reply.statusCode ?? 500) < 300 ? resolve(performance.now() - began) : reject(new Error(`${url}: ${reply.statusCode}`)),
      );
    });
    asked.on("error", reject);
    asked.end();
  });
}

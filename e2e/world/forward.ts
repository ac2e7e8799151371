import { type IncomingMessage, request, type RequestOptions, type ServerResponse } from "node:http";

/** Asks elsewhere what was asked here, and gives the answer on as it comes. Whoever goes takes the other along. */
export function forward(asked: IncomingMessage, reply: ServerResponse, elsewhere: RequestOptions) {
  const passed = request({ ...elsewhere, method: asked.method, headers: asked.headers, agent: false }, (answer) => {
    reply.writeHead(answer.statusCode!, answer.headers);
    reply.flushHeaders();
    answer.on("error", () => reply.destroy()).pipe(reply);
  });
  passed.on("error", () => reply.destroy());
  reply.on("close", () => passed.destroy());
  asked.pipe(passed);
}

import { type Allowed, nothingAllowed } from "../../outbound/allowed.ts";
import { OutboundFailed } from "../../outbound/failure.ts";
import type { Outbound } from "../../ports.ts";

type Answer = (headers: Record<string, string>) => Response;

/** The world outside, as a test tells it: what stands at each address. */
export function memoryOutbound() {
  const answers = new Map<string, Answer>();
  const asked: string[] = [];
  const outbound: Outbound & { answers: typeof answers; asked: string[]; allowed: Allowed } = {
    allowed: nothingAllowed,
    answers,
    asked,
    async ask(url, headers) {
      asked.push(url.href);
      const answer = answers.get(url.href);
      if (!answer) throw new OutboundFailed(`${url.host} does not answer.`);
      return answer(headers);
    },
  };
  return outbound;
}

import type { Answer, Row } from "./answer.ts";
import type { Summary } from "./statistics.ts";

const number = (value: number) => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2));
const figures = ({ samples, p50, p95, p99 }: Summary) => {
  if (samples === 1) return number(p50);
  return (samples < 20 ? [p50, p95] : [p50, p95, p99]).map(number).join(" / ");
};
const times = (value: number) => `${value.toFixed(2)} ×`;

function cells({ what, unit, here, peer, ratio, budget }: Row): string[] {
  const tail = ratio && here.samples >= 20 ? ` (p95 ${times(ratio.p95)}, p99 ${times(ratio.p99)})` : "";
  return [
    `${what}, ${unit}`,
    String(here.samples),
    figures(here),
    peer ? `${peer.name}: ${figures(peer)}` : "",
    ratio ? `${times(ratio.p50)}${tail}` : "",
    budget ? `${budget.kept ? "kept" : "**missed**"}: ${budget.says}` : "",
  ];
}

/** For people, and for a Markdown file. One figure, or p50 / p95 (/ p99 where there are enough readings). */
export function table({ question, rows, tookSeconds }: Answer): string {
  const lines = [["what", "n", "AppOS", "beside it", "ratio", "budget"], ...rows.map(cells)];
  const widths = lines[0]!.map((_, column) => Math.max(3, ...lines.map((line) => line[column]!.length)));
  const line = (texts: string[]) => `| ${texts.map((text, i) => text.padEnd(widths[i]!)).join(" | ")} |`;
  const [head, ...body] = lines;
  return [
    `## ${question}`,
    "",
    line(head!),
    line(widths.map((width) => "-".repeat(width))),
    ...body.map(line),
    "",
    `Took ${tookSeconds} s.`,
  ].join("\n");
}

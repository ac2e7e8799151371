import type { TemplateInput, TemplateView } from "@appos/shared/templates";

type Typed = Record<string, string>;
type Generated = NonNullable<TemplateInput["generator"]>;

/** A secret that AppOS makes, unless somebody wants to choose it. */
export const isMade = ({ secret, generator }: TemplateInput): boolean => secret && generator !== undefined;

/** What a field shows: what was typed, else what is suggested; an address follows the port that is typed beside it. */
export function shownValue(
  input: TemplateInput,
  typed: Typed,
  { inputs, suggested }: Pick<TemplateView, "inputs" | "suggested">,
  host: string,
): string {
  const said = typed[input.key];
  if (said !== undefined) return said;
  const { generator } = input;
  if (generator?.kind === "address") {
    const port = inputs.find(({ key }) => key === generator.port);
    const at = port ? `:${shownValue(port, typed, { inputs, suggested }, host)}` : "";
    return { url: `http://${host}${at}`, host, "host-port": host + at }[generator.form];
  }
  if (input.type === "timezone" && input.default === "Etc/UTC") return here();
  return suggested[input.key] ?? input.default ?? "";
}

/** What is sent: all that is shown; of what AppOS makes only what somebody has chosen. */
export function sentValues(template: Pick<TemplateView, "inputs" | "suggested">, typed: Typed, host: string): Typed {
  const sent = template.inputs.filter((input) => (isMade(input) ? typed[input.key] : true));
  return Object.fromEntries(sent.map((input) => [input.key, shownValue(input, typed, template, host)]));
}

const lengths: { [K in Generated["kind"]]?: (generator: Extract<Generated, { kind: K }>) => string } = {
  alnum: ({ length }) => `${length} random letters and digits`,
  symbols: ({ length }) => `${length} random characters`,
  hex: ({ chars }) => `${chars} random hexadecimal digits`,
  base64: ({ bytes }) => `${bytes} random bytes, in base64`,
  uuid: () => "a random UUID",
  jwt: () => "a signed token",
  vapid: () => "half of a key pair",
};

/** In a few words, what will be made. */
export function whatIsMade({ generator }: TemplateInput): string {
  const words = generator && (lengths[generator.kind] as ((given: typeof generator) => string) | undefined);
  return words && generator ? words(generator) : "put together from the others";
}

export const timeZones = (): string[] => [...new Set(["Etc/UTC", ...Intl.supportedValuesOf("timeZone"), here()])];
const here = () => Intl.DateTimeFormat().resolvedOptions().timeZone || "Etc/UTC";

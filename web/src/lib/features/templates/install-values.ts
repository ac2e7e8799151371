import type { TemplateInput, TemplateView } from "@appos/shared/templates";

type Typed = Record<string, string>;
/** Where the app will be reached: the server's address as far as the console knows it, and its domain where it is to have one. */
export interface ReachedAt {
  host: string;
  domain?: string;
  /** The input that says on which port of the server it is reached by without its domain. */
  insteadOf?: string | undefined;
}
type Generated = NonNullable<TemplateInput["generator"]>;

/** A secret that AppOS makes, unless somebody wants to choose it. */
export const isMade = ({ secret, generator }: TemplateInput): boolean => secret && generator !== undefined;

/** What a field shows: what was typed, else what is suggested; an address follows the port that is typed beside it. */
export function shownValue(
  input: TemplateInput,
  typed: Typed,
  { inputs, suggested }: Pick<TemplateView, "inputs" | "suggested">,
  at: ReachedAt,
): string {
  const said = typed[input.key];
  if (said !== undefined) return said;
  const { generator } = input;
  if (generator?.kind === "address") {
    const { host, domain, insteadOf } = at;
    if (domain && (generator.port === undefined || generator.port === insteadOf))
      return { url: `https://${domain}`, host: domain, "host-port": domain }[generator.form];
    const port = inputs.find(({ key }) => key === generator.port);
    const behind = port ? `:${shownValue(port, typed, { inputs, suggested }, at)}` : "";
    return { url: `http://${host}${behind}`, host, "host-port": host + behind }[generator.form];
  }
  if (input.type === "timezone" && input.default === "Etc/UTC") return here();
  return suggested[input.key] ?? input.default ?? "";
}

/** What is sent: all that is shown; of what AppOS makes only what somebody has chosen. */
export function sentValues(template: Pick<TemplateView, "inputs" | "suggested">, typed: Typed, at: ReachedAt): Typed {
  const sent = template.inputs.filter((input) => (isMade(input) ? typed[input.key] : true));
  return Object.fromEntries(sent.map((input) => [input.key, shownValue(input, typed, template, at)]));
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

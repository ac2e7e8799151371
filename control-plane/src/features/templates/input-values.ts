import type { InputType, TemplateInput } from "@appos/shared/templates";

/** A host name: labels of letters, digits and dashes. */
const DOMAIN = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i;
const IPV4 = /^(25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}$/;
const isIp = (value: string) =>
  IPV4.test(value) || (value.includes(":") && /^[0-9a-f:.]{2,45}$/i.test(value) && URL.canParse(`http://[${value}]/`));
const isPort = (value: string) => /^\d{1,5}$/.test(value) && Number(value) >= 1 && Number(value) <= 65_535;
const isWebAddress = (value: string) => URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);

/** What a value of each type has to be, and the sentence for one that is not. */
const types: Record<InputType, [fits: (value: string, input: TemplateInput) => boolean, sentence: string]> = {
  text: [oneLine, "Use a single line."],
  multiline: [() => true, ""],
  number: [(value) => /^-?\d+(\.\d+)?$/.test(value), "Use a number."],
  boolean: [(value) => value === "true" || value === "false", "Use true or false."],
  select: [(value, { options = [] }) => options.some((option) => option.value === value), "Choose one of the options."],
  password: [oneLine, "Use a single line."],
  email: [(value) => /^[^\s@]+@[^\s@]+$/.test(value), "Use an e-mail address, such as name@example.org."],
  url: [isWebAddress, "Use an address with http:// or https://, such as https://app.example.org."],
  domain: [(value) => DOMAIN.test(value), "Use a host name, such as app.example.org, without https:// and without a path."],
  ip: [isIp, "Use an IP address, such as 192.0.2.10."],
  host: [(value) => DOMAIN.test(value) || isIp(value), "Use a host name or an IP address, without https:// and without a port."],
  port: [isPort, "Use a port from 1 to 65535."],
  timezone: [(value) => isTimeZone(value), "Use a time zone, such as Europe/Berlin."],
};

function oneLine(value: string): boolean {
  return !/[\r\n]/.test(value);
}

function isTimeZone(value: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: value }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

/** Long values are not held against patterns, which are a stranger's. */
const PATTERN_CHARS = 256;

/** Why a value cannot be used for an input; undefined where it can. */
export function valueProblem(input: TemplateInput, value: string): string | undefined {
  if (value === "") return input.required ? "This is needed." : undefined;
  if (value.includes("\0")) return "A value cannot hold a NUL character.";
  const [fits, sentence] = types[input.type];
  if (!fits(value, input)) return sentence;
  const number = input.type === "number" || input.type === "port";
  const size = number ? Number(value) : [...value].length;
  const unit = number ? "" : " characters";
  if (input.min !== undefined && size < input.min) return `Use at least ${input.min}${unit}.`;
  if (input.max !== undefined && size > input.max) return `Use at most ${input.max}${unit}.`;
  if (input.pattern === undefined) return undefined;
  const whole = value.length <= PATTERN_CHARS && new RegExp(`^(?:${input.pattern})$`, "u").test(value);
  return whole ? undefined : (input.patternHelp ?? "This does not have the form that is asked for.");
}

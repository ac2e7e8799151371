import { dotenv } from "../commands/dotenv.ts";
import { list, map, type Part, text } from "../policy-model.ts";

/** What a release lends its services by a text of its own: inline configs, and secrets out of variables. */
interface Lender {
  model: Part;
  /** The value of the variable that a secret takes, in whatever form; undefined where it is not known. */
  secret(variable: string): string | undefined;
}

/**
 * Which services would be given another text than they have, and what of it. Compose does not notice: it goes by the names of what it
 * lends, and puts it into a container only when it makes one.
 */
export function changedLoans(before: Lender, after: Lender): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const [service, definition] of Object.entries(map(after.model.services))) {
    const changes = [
      ...given(definition, "configs")
        .filter((name) => differ(map(before.model.configs)[name], map(after.model.configs)[name]))
        .map((name) => `config ${name} changed`),
      ...given(definition, "secrets")
        .filter((name) => otherSecret(name, before, after))
        .map((name) => `secret ${name} changed`),
    ];
    if (changes.length > 0) found.set(service, changes);
  }
  return found;
}

const given = (definition: unknown, kind: "configs" | "secrets") => list(map(definition)[kind]).map((each) => text(map(each).source));

function differ(before: unknown, after: unknown) {
  const [was, is] = [map(before).content, map(after).content];
  return was !== undefined && is !== undefined && was !== is;
}

function otherSecret(name: string, before: Lender, after: Lender) {
  const valueIn = ({ model, secret }: Lender) => {
    const { environment } = map(map(model.secrets)[name]);
    return typeof environment === "string" ? secret(environment) : undefined;
  };
  const [was, is] = [valueIn(before), valueIn(after)];
  return was !== undefined && is !== undefined && was !== is;
}

/** Values as they stand in a file that `dotenv` wrote. */
export const writtenSecrets = (written: string) => (variable: string) =>
  written
    .split("\n")
    .find((line) => line.startsWith(`${variable}=`))
    ?.slice(variable.length + 1);
/** Values in the form in which `dotenv` would write them. */
export const secretsOf = (env: readonly { key: string; value: string }[]) => (variable: string) => writtenSecrets(dotenv(env))(variable);

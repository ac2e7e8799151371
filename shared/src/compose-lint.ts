import { images } from "./compose-lint/images.ts";
import { health } from "./compose-lint/health.ts";
import { mounts } from "./compose-lint/mounts.ts";
import { rights } from "./compose-lint/rights.ts";
import { literalSecrets } from "./compose-lint/secrets.ts";
import { type LintOptions, map, type ServiceRule, servicesOf } from "./compose-lint/model.ts";
import type { Danger } from "./plan.ts";

export type { LintOptions } from "./compose-lint/model.ts";

const rules: ServiceRule[] = [rights, mounts, images, health];

/**
 * What is dangerous about a compose model, as far as it can be told from the model alone: parsed YAML with its merge keys applied, or what
 * Compose resolved. In parsed YAML a `${VARIABLE}` counts as its default, and as unknown where it has none: nothing is said of what is unknown.
 */
export function lintCompose(model: unknown, options: LintOptions = {}): Danger[] {
  const services = servicesOf(model);
  const found = services.flatMap((service) => rules.flatMap((rule) => rule(service, map(model), options)));
  return [...found, ...literalSecrets(options.source ?? model, new Set(services.map(({ name }) => name)), options)];
}

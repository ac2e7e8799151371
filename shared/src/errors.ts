import { z } from "zod";

/** Every code that an error of the API may carry, and the HTTP status it comes with. */
export const errorStatus = {
  INVALID_REQUEST: 400,
  INVALID_COMPOSE: 400,
  WEAK_PASSWORD: 400,
  UNAUTHENTICATED: 401,
  INVALID_CREDENTIALS: 401,
  INVALID_SETUP_TOKEN: 401,
  INVALID_ENROLLMENT_TOKEN: 401,
  ENROLLMENT_TOKEN_USED: 401,
  ENROLLMENT_TOKEN_EXPIRED: 401,
  FORBIDDEN: 403,
  CROSS_ORIGIN: 403,
  POLICY_REFUSED: 403,
  NOT_FOUND: 404,
  CONFLICT: 409,
  NAME_TAKEN: 409,
  SETUP_DONE: 409,
  IDEMPOTENCY_CONFLICT: 409,
  SERVER_AWAY: 409,
  /** The machine that AppOS runs on is none of its servers. */
  NO_LOCAL_SERVER: 409,
  /** A server cannot do or answer what it was asked; the details name its own code. */
  SERVER_REFUSED: 409,
  /** Somebody has to confirm what may lose data. */
  CONFIRMATION_NEEDED: 409,
  TOO_MANY_TERMINALS: 409,
  TERMINAL_ENDED: 410,
  /** AppOS is at another address now. */
  MOVED: 410,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  TOO_MANY_ATTEMPTS: 429,
  INTERNAL: 500,
  UNAVAILABLE: 503,
} as const;
export type ErrorCode = keyof typeof errorStatus;

/** The codes of a job that did not succeed. They come from the server on which it ran. */
export const JobErrorCode = z.enum([
  "INVALID_JOB",
  "INVALID_COMPOSE",
  "POLICY_REFUSED",
  "DOCKER_UNAVAILABLE",
  "IMAGE_NOT_FOUND",
  "PULL_FAILED",
  /** The registry wants a login, or another one. */
  "REGISTRY_UNAUTHORIZED",
  /** It has answered too often, and does not for a while. */
  "REGISTRY_RATE_LIMITED",
  /** There is no registry of this name, it is down, or it cannot prove who it is. */
  "REGISTRY_UNREACHABLE",
  "PORT_TAKEN",
  "UNHEALTHY",
  "NOT_DEPLOYED",
  /** What may lose data was not confirmed: nothing was touched. */
  "CONFIRMATION_NEEDED",
  /** Something else is where a config file belongs. */
  "CONFIG_FILE_BLOCKED",
  "COMMAND_FAILED",
  /** The proxy's own checker did not take the configuration, or it did not serve with it: the one before is back. */
  "PROXY_REFUSED",
  /** A domain is to lead to an address that it may not lead to, or to a name without one. */
  "TARGET_REFUSED",
  "DISK_FULL",
  "INTERRUPTED",
  "DEADLINE_EXCEEDED",
  /** It took the agent down time and again, and is not tried any more. */
  "QUARANTINED",
  /** An order from before the control plane was restored from a backup. */
  "STALE_ORDER",
  "INTERNAL",
]);
export type JobErrorCode = z.output<typeof JobErrorCode>;

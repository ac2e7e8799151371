import type { JobErrorCode } from "@appos/shared/errors";
import type { JobError } from "@appos/shared/jobs";

/** The world failed: the job ends with this error. Anything else that is thrown is a bug, and ends it as INTERNAL. */
export class JobFailure extends Error {
  readonly error: JobError;
  constructor(code: JobErrorCode, message: string, details?: JobError["details"]) {
    super(message);
    this.error = { code, message, ...(details && { details }) };
  }
}

import { z } from "zod";
import { DomainName } from "./domain-name.ts";
import { NewDomain } from "./domains.ts";

const Asked = NewDomain.omit({ app: true }).partial({ service: true, port: true }).extend({ domain: DomainName });

/** The domain of an app that is only being made. A name will do where its template, or its compose file, leaves no choice of where it leads. It is an address, so no wildcard. */
export const AppDomain = z.preprocess((given) => (typeof given === "string" ? { domain: given } : given), Asked);
export type AppDomain = z.output<typeof AppDomain>;

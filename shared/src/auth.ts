import { z } from "zod";
import { Email } from "./email.ts";

export const Role = z.enum(["admin", "viewer"]);
export type Role = z.output<typeof Role>;

/** Any password that may be one; whether it is good enough is another question. Hashed exactly as sent. */
const Password = z.string().min(1).max(1_024);
const PersonName = z.string().trim().min(1).max(100);

export const PASSWORD_LENGTH = 10;

export const Setup = z.strictObject({ token: z.string().max(200), email: Email, password: Password, name: PersonName });
export type Setup = z.output<typeof Setup>;
export const SetupState = z.object({ needed: z.boolean() });

export const Login = z.strictObject({
  email: z.string().trim().toLowerCase().max(254),
  password: Password,
  code: z.string().max(20).optional(),
});
export type Login = z.output<typeof Login>;

export const Me = z.object({ id: z.string(), email: z.string(), name: z.string(), role: Role }).meta({ id: "User" });
export type Me = z.output<typeof Me>;

export const NewUser = z.strictObject({ email: Email, password: Password, name: PersonName, role: Role });
export type NewUser = z.output<typeof NewUser>;

export const NewToken = z.strictObject({ name: z.string().trim().min(1).max(100), role: Role.default("viewer") });
export type NewToken = z.output<typeof NewToken>;

export const TokenView = z
  .object({ id: z.string(), name: z.string(), role: Role, createdAt: z.int(), usedAt: z.int().nullable() })
  .meta({ id: "Token" });
export type TokenView = z.output<typeof TokenView>;

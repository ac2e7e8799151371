import { z } from "zod";
import { Email } from "./email.ts";

/** An admin does everything, a viewer sees everything; a member has only what is in their projects. */
export const Role = z.enum(["admin", "viewer", "member"]);
export type Role = z.output<typeof Role>;

/** What somebody is in a project, whatever their role elsewhere: a developer runs and changes its apps, a viewer sees them. */
export const ProjectRole = z.enum(["developer", "viewer"]);
export type ProjectRole = z.output<typeof ProjectRole>;

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

export const UserView = z.object({ id: z.string(), email: z.string(), name: z.string(), role: Role }).meta({ id: "User" });
export type UserView = z.output<typeof UserView>;

/** Whoever is signed in, and the projects they are in. */
export const Me = UserView.extend({ projects: z.array(z.object({ id: z.string(), role: ProjectRole })) }).meta({ id: "Me" });
export type Me = z.output<typeof Me>;

/** What is left out stays. A new password ends every session of that user. */
export const ChangeUser = z.strictObject({ name: PersonName.optional(), role: Role.optional(), password: Password.optional() });
export type ChangeUser = z.output<typeof ChangeUser>;

/** One's own; every other session of theirs ends. */
export const ChangePassword = z.strictObject({ current: Password, next: Password });
export type ChangePassword = z.output<typeof ChangePassword>;

export const NewUser = z.strictObject({ email: Email, password: Password, name: PersonName, role: Role });
export type NewUser = z.output<typeof NewUser>;

/** A token reads, or may do all that an administrator may. */
export const TokenRole = z.enum(["admin", "viewer"]);
export type TokenRole = z.output<typeof TokenRole>;

export const NewToken = z.strictObject({ name: z.string().trim().min(1).max(100), role: TokenRole.default("viewer") });
export type NewToken = z.output<typeof NewToken>;

export const TokenView = z
  .object({ id: z.string(), name: z.string(), role: TokenRole, createdAt: z.int(), usedAt: z.int().nullable() })
  .meta({ id: "Token" });
export type TokenView = z.output<typeof TokenView>;

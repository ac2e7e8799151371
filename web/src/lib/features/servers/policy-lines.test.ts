import { defaultPolicy } from "@appos/shared/policy";
import { expect, test } from "vitest";
import { policyLines } from "./policy-lines.ts";

const stands = (policy = defaultPolicy) =>
  Object.fromEntries(policyLines(policy).flatMap(({ lines }) => lines.map(({ about, stands, command }) => [about, [stands, command]])));

test("without a file, only what is safe is allowed, and each line says what changes it", () => {
  expect(stands()).toMatchObject({
    "Terminal on the server itself": ["Not allowed", "appos-agent policy allow host-terminal"],
    "Terminal in containers": ["Allowed", "appos-agent policy deny exec"],
    Jobs: ["All", "appos-agent policy deny jobs KIND"],
    Users: ["Any", "appos-agent policy deny users && appos-agent policy allow users EMAIL"],
    "Folders to mount": ["None", "appos-agent policy allow host-mount FOLDER"],
  });
});

test("what is named is listed", () => {
  const policy = { ...defaultPolicy, jobs: { deny: ["deploy-app", "remove-app"] }, registries: { only: ["ghcr.io"] } };
  expect(stands(policy)).toMatchObject({
    Jobs: ["All but deploy-app and remove-app", "appos-agent policy allow jobs deploy-app"],
    Registries: ["Only ghcr.io", "appos-agent policy allow registries HOST"],
  });
});

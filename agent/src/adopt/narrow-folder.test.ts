import { expect, test } from "vitest";
import { isNarrow } from "./narrow-folder.ts";

const OWN = "/var/lib/appos";

test.each([
  "/",
  "/srv",
  "/root",
  "/home/ada",
  "/etc/blog",
  "/usr/share/blog",
  "/var/lib",
  "/var/lib/appos",
  "/var/lib/appos/apps/x",
  "/var/lib/docker/x",
  "/tmp/x",
  "/root/.ssh",
  "/home/ada/.config/systemd",
  "/var/home/ada",
  "/var/spool",
  "/var/spool/cron",
  "/var/log",
  "/var/lib/dpkg",
  "/srv/blog/../../etc",
  "/srv//blog",
])("%s belongs to more than one project", (folder) => expect(isNarrow(folder, OWN)).toBe(false));
test.each(["/srv/blog", "/opt/blog", "/home/ada/blog", "/root/blog", "/var/www/blog", "/data/stacks/blog"])(
  "%s can be one project's own",
  (folder) => expect(isNarrow(folder, OWN)).toBe(true),
);

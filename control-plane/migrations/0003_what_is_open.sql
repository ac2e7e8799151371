DROP INDEX `jobs_open`;--> statement-breakpoint
DROP INDEX `jobs_untold`;--> statement-breakpoint
CREATE INDEX `jobs_open_of_app` ON `jobs` (`appId`) WHERE "jobs"."state" in ('queued', 'offered', 'running');--> statement-breakpoint
CREATE INDEX `jobs_open` ON `jobs` (`serverId`,`lane`,`number`,`state`) WHERE "jobs"."state" in ('queued', 'offered', 'running');--> statement-breakpoint
CREATE INDEX `jobs_untold` ON `jobs` (`serverId`,`endedAt`) WHERE "jobs"."told" = 0;
CREATE TABLE `timeline` (
	`number` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`serverId` text NOT NULL,
	`at` integer NOT NULL,
	`what` text NOT NULL,
	`why` text,
	`agentWhy` text,
	`address` text,
	`lastedMs` integer,
	`lasting` integer NOT NULL,
	`shortLosses` integer DEFAULT 0 NOT NULL,
	FOREIGN KEY (`serverId`) REFERENCES `servers`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `timeline_server` ON `timeline` (`serverId`,`number`);--> statement-breakpoint
CREATE INDEX `timeline_lasting` ON `timeline` (`serverId`,`what`) WHERE "timeline"."lasting" = 1;--> statement-breakpoint
CREATE TABLE `terminalTickets` (
	`hash` text PRIMARY KEY NOT NULL,
	`terminalId` text NOT NULL,
	`serverId` text NOT NULL,
	`target` text NOT NULL,
	`userId` text NOT NULL,
	`by` text NOT NULL,
	`address` text NOT NULL,
	`credential` text NOT NULL,
	`expiresAt` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `terminals` (
	`id` text PRIMARY KEY NOT NULL,
	`serverId` text NOT NULL,
	`target` text NOT NULL,
	`userId` text NOT NULL,
	`by` text NOT NULL,
	`address` text NOT NULL,
	`epoch` integer NOT NULL,
	`openedAt` integer NOT NULL,
	`startedAt` integer,
	`endedAt` integer,
	`why` text
);
--> statement-breakpoint
CREATE INDEX `terminals_server` ON `terminals` (`serverId`,`id`);--> statement-breakpoint
CREATE INDEX `terminals_open` ON `terminals` (`serverId`,`userId`) WHERE "terminals"."endedAt" is null;--> statement-breakpoint
ALTER TABLE `apps` ADD `lastOrder` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `jobs` ADD `offers` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `jobs` ADD `logBytes` integer;--> statement-breakpoint
ALTER TABLE `jobs` ADD `logRemovedAt` integer;--> statement-breakpoint
CREATE INDEX `jobs_with_log` ON `jobs` (`endedAt`,`number`,`logBytes`,`held`,`logRemovedAt`) WHERE "jobs"."logRemovedAt" is null and "jobs"."endedAt" is not null and "jobs"."held" > 0 and coalesce("jobs"."logBytes", 1) > 0;--> statement-breakpoint
CREATE INDEX `jobs_log_goes` ON `jobs` (`number`) WHERE "jobs"."logRemovedAt" is not null and "jobs"."endedAt" is not null and "jobs"."held" > 0 and coalesce("jobs"."logBytes", 1) > 0;--> statement-breakpoint
CREATE INDEX `jobs_over` ON `jobs` (`endedAt`,`number`) WHERE "jobs"."told" = 1 and "jobs"."endedAt" is not null;--> statement-breakpoint
ALTER TABLE `links` ADD `lanes` integer DEFAULT 3 NOT NULL;--> statement-breakpoint
ALTER TABLE `servers` ADD `lostWhy` text;--> statement-breakpoint
ALTER TABLE `servers` ADD `awayAt` integer;--> statement-breakpoint
ALTER TABLE `servers` ADD `tellAt` integer;--> statement-breakpoint
ALTER TABLE `servers` ADD `losses` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `servers` ADD `flappingSince` integer;--> statement-breakpoint
ALTER TABLE `servers` ADD `agentLife` text;--> statement-breakpoint
ALTER TABLE `servers` ADD `hostBoot` text;--> statement-breakpoint
CREATE INDEX `servers_to_tell` ON `servers` (`tellAt`) WHERE "servers"."tellAt" is not null;
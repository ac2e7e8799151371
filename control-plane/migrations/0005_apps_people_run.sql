CREATE TABLE `left_projects` (
	`serverId` text NOT NULL,
	`project` text NOT NULL,
	PRIMARY KEY(`serverId`, `project`),
	FOREIGN KEY (`serverId`) REFERENCES `servers`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `favourites` (
	`userId` text NOT NULL,
	`appId` text NOT NULL,
	PRIMARY KEY(`userId`, `appId`),
	FOREIGN KEY (`appId`) REFERENCES `apps`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `shared_env` (
	`scope` text NOT NULL,
	`scopeId` text NOT NULL,
	`number` integer NOT NULL,
	`env` text NOT NULL,
	`by` text,
	`changedAt` integer NOT NULL,
	PRIMARY KEY(`scope`, `scopeId`)
);
--> statement-breakpoint
CREATE TABLE `projects` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`description` text DEFAULT '' NOT NULL,
	`createdAt` integer NOT NULL,
	`removedAt` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `projects_name` ON `projects` (`name`) WHERE "projects"."removedAt" is null;--> statement-breakpoint
CREATE TABLE `registries` (
	`id` text PRIMARY KEY NOT NULL,
	`host` text NOT NULL,
	`username` text NOT NULL,
	`password` text NOT NULL,
	`createdAt` integer NOT NULL,
	`changedAt` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `registries_host_unique` ON `registries` (`host`);--> statement-breakpoint
CREATE TABLE `sourceTemplates` (
	`sourceId` text NOT NULL,
	`generation` integer NOT NULL,
	`id` text NOT NULL,
	`name` text NOT NULL,
	`words` text NOT NULL,
	`categories` text NOT NULL,
	`version` text NOT NULL,
	`description` text NOT NULL,
	`memoryMiB` integer,
	`problem` text,
	`risks` integer NOT NULL,
	`template` text,
	`dangers` text NOT NULL,
	`dropped` text NOT NULL,
	PRIMARY KEY(`id`, `generation`)
);
--> statement-breakpoint
CREATE INDEX `sourceTemplates_source` ON `sourceTemplates` (`sourceId`,`generation`,`words`);--> statement-breakpoint
CREATE TABLE `templateSources` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`url` text NOT NULL,
	`asked` text,
	`format` text,
	`schedule` text NOT NULL,
	`generation` integer DEFAULT 0 NOT NULL,
	`validator` text,
	`usable` integer DEFAULT 0 NOT NULL,
	`unusable` integer DEFAULT 0 NOT NULL,
	`trimmed` integer DEFAULT 0 NOT NULL,
	`risky` integer DEFAULT 0 NOT NULL,
	`refreshedAt` integer,
	`checkedAt` integer,
	`failedAt` integer,
	`failure` text,
	`nextAt` integer,
	`askedAt` integer,
	`claimedUntil` integer,
	`createdAt` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `templateSources_url_unique` ON `templateSources` (`url`);--> statement-breakpoint
CREATE TABLE `image_checks` (
	`serverId` text NOT NULL,
	`image` text NOT NULL,
	`dueAt` integer NOT NULL,
	`checkedAt` integer,
	`digest` text,
	`seenAt` integer,
	`alias` text DEFAULT '[]' NOT NULL,
	`problem` text,
	PRIMARY KEY(`serverId`, `image`),
	FOREIGN KEY (`serverId`) REFERENCES `servers`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `image_checks_due` ON `image_checks` (`dueAt`);--> statement-breakpoint
ALTER TABLE `apps` ADD `projectId` text REFERENCES projects(id);--> statement-breakpoint
ALTER TABLE `apps` ADD `refersTo` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `apps` ADD `labels` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `apps` ADD `templateId` text;--> statement-breakpoint
ALTER TABLE `apps` ADD `templateVersion` text;--> statement-breakpoint
ALTER TABLE `apps` ADD `templateBase` integer;--> statement-breakpoint
ALTER TABLE `apps` ADD `keepReleases` integer DEFAULT 10 NOT NULL;--> statement-breakpoint
ALTER TABLE `apps` ADD `liveEnvAt` integer;--> statement-breakpoint
ALTER TABLE `apps` ADD `updates` text DEFAULT '{"mode":"off"}' NOT NULL;--> statement-breakpoint
ALTER TABLE `apps` ADD `hasWindow` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `apps` ADD `updatesFound` text DEFAULT '{"available":[],"checkedAt":null,"problem":null}' NOT NULL;--> statement-breakpoint
ALTER TABLE `apps` ADD `updatesTried` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `apps` ADD `drift` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `apps` ADD `adopts` text;--> statement-breakpoint
CREATE INDEX `apps_template` ON `apps` (`templateId`);--> statement-breakpoint
CREATE INDEX `apps_with_window` ON `apps` (`id`) WHERE "apps"."hasWindow" = 1;--> statement-breakpoint
ALTER TABLE `config_versions` ADD `files` text;--> statement-breakpoint
ALTER TABLE `deployments` ADD `kind` text DEFAULT 'deploy' NOT NULL;--> statement-breakpoint
ALTER TABLE `releases` ADD `env` text;
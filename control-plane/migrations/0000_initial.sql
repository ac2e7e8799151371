CREATE TABLE `activity` (
	`number` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`at` integer NOT NULL,
	`by` text,
	`action` text NOT NULL,
	`subject` text NOT NULL,
	`appId` text,
	`serverId` text,
	`deploymentId` text,
	`jobId` text,
	`address` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `activity_id_unique` ON `activity` (`id`);--> statement-breakpoint
CREATE INDEX `activity_app` ON `activity` (`appId`);--> statement-breakpoint
CREATE TABLE `apps` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`serverId` text NOT NULL,
	`createdAt` integer NOT NULL,
	`removedAt` integer,
	`version` integer NOT NULL,
	`release` integer DEFAULT 0 NOT NULL,
	`deploymentId` text,
	`liveRelease` integer,
	`liveVersion` integer,
	`liveDeploymentId` text,
	`wanted` text DEFAULT 'running' NOT NULL,
	`services` text DEFAULT '[]' NOT NULL,
	`observedAt` integer,
	FOREIGN KEY (`serverId`) REFERENCES `servers`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `apps_name` ON `apps` (`name`) WHERE "apps"."removedAt" is null;--> statement-breakpoint
CREATE INDEX `apps_server` ON `apps` (`serverId`);--> statement-breakpoint
CREATE TABLE `attempts` (
	`key` text NOT NULL,
	`window` integer NOT NULL,
	`count` integer NOT NULL,
	PRIMARY KEY(`key`, `window`)
);
--> statement-breakpoint
CREATE TABLE `milestones` (
	`name` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `sessions` (
	`id` text PRIMARY KEY NOT NULL,
	`userId` text NOT NULL,
	`expiresAt` integer NOT NULL,
	FOREIGN KEY (`userId`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE TABLE `tokens` (
	`id` text PRIMARY KEY NOT NULL,
	`userId` text NOT NULL,
	`name` text NOT NULL,
	`role` text NOT NULL,
	`hash` text NOT NULL,
	`createdAt` integer NOT NULL,
	`usedAt` integer,
	FOREIGN KEY (`userId`) REFERENCES `users`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `tokens_hash_unique` ON `tokens` (`hash`);--> statement-breakpoint
CREATE TABLE `users` (
	`id` text PRIMARY KEY NOT NULL,
	`email` text NOT NULL,
	`name` text NOT NULL,
	`role` text NOT NULL,
	`passwordHash` text NOT NULL,
	`createdAt` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `users_email_unique` ON `users` (`email`);--> statement-breakpoint
CREATE TABLE `config_versions` (
	`appId` text NOT NULL,
	`number` integer NOT NULL,
	`compose` text NOT NULL,
	`env` text NOT NULL,
	`message` text NOT NULL,
	`by` text,
	`createdAt` integer NOT NULL,
	PRIMARY KEY(`appId`, `number`),
	FOREIGN KEY (`appId`) REFERENCES `apps`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `deployments` (
	`number` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`appId` text NOT NULL,
	`release` integer NOT NULL,
	`version` integer NOT NULL,
	`jobId` text NOT NULL,
	FOREIGN KEY (`appId`) REFERENCES `apps`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`jobId`) REFERENCES `jobs`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `deployments_id_unique` ON `deployments` (`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `deployments_jobId_unique` ON `deployments` (`jobId`);--> statement-breakpoint
CREATE INDEX `deployments_app` ON `deployments` (`appId`,`number`);--> statement-breakpoint
CREATE TABLE `releases` (
	`appId` text NOT NULL,
	`number` integer NOT NULL,
	`version` integer NOT NULL,
	`images` text,
	`canonical` text,
	`createdAt` integer NOT NULL,
	PRIMARY KEY(`appId`, `number`),
	FOREIGN KEY (`appId`) REFERENCES `apps`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `entries` (
	`jobId` text NOT NULL,
	`seq` integer NOT NULL,
	`at` integer NOT NULL,
	`step` text NOT NULL,
	`stream` text NOT NULL,
	`text` text NOT NULL,
	PRIMARY KEY(`jobId`, `seq`),
	FOREIGN KEY (`jobId`) REFERENCES `jobs`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `jobs` (
	`number` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`id` text NOT NULL,
	`serverId` text NOT NULL,
	`appId` text,
	`appName` text,
	`kind` text NOT NULL,
	`lane` text NOT NULL,
	`input` text NOT NULL,
	`state` text DEFAULT 'queued' NOT NULL,
	`held` integer DEFAULT 0 NOT NULL,
	`result` text,
	`error` text,
	`by` text,
	`key` text,
	`fingerprint` text NOT NULL,
	`queuedAt` integer NOT NULL,
	`startedAt` integer,
	`endedAt` integer,
	`cancelAskedAt` integer,
	`told` integer DEFAULT false NOT NULL,
	FOREIGN KEY (`serverId`) REFERENCES `servers`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `jobs_id_unique` ON `jobs` (`id`);--> statement-breakpoint
CREATE UNIQUE INDEX `jobs_key_unique` ON `jobs` (`key`);--> statement-breakpoint
CREATE UNIQUE INDEX `one_job_per_lane` ON `jobs` (`serverId`,`lane`) WHERE "jobs"."state" in ('offered', 'running');--> statement-breakpoint
CREATE INDEX `jobs_open` ON `jobs` (`serverId`,`number`) WHERE "jobs"."state" in ('queued', 'offered', 'running');--> statement-breakpoint
CREATE INDEX `jobs_untold` ON `jobs` (`serverId`) WHERE "jobs"."told" = 0;--> statement-breakpoint
CREATE INDEX `jobs_app` ON `jobs` (`appId`);--> statement-breakpoint
CREATE TABLE `links` (
	`serverId` text PRIMARY KEY NOT NULL,
	`opened` integer NOT NULL,
	`epoch` integer DEFAULT 0 NOT NULL,
	`journal` text,
	FOREIGN KEY (`serverId`) REFERENCES `servers`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `enrollments` (
	`id` text PRIMARY KEY NOT NULL,
	`serverId` text NOT NULL,
	`tokenHash` text NOT NULL,
	`expiresAt` integer NOT NULL,
	`usedAt` integer,
	`publicKey` text,
	FOREIGN KEY (`serverId`) REFERENCES `servers`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `enrollments_tokenHash_unique` ON `enrollments` (`tokenHash`);--> statement-breakpoint
CREATE TABLE `servers` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`addedAt` integer NOT NULL,
	`publicKey` text,
	`facts` text,
	`connectedAt` integer,
	`disconnectedAt` integer,
	`removedAt` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `servers_name` ON `servers` (`name`) WHERE "servers"."removedAt" is null;--> statement-breakpoint
CREATE TABLE `facts` (
	`name` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL
);

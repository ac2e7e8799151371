CREATE TABLE `certificate_settings` (
	`id` integer PRIMARY KEY NOT NULL,
	`directory` text NOT NULL,
	`email` text,
	`roots` text,
	`version` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `domain_names` (
	`name` text PRIMARY KEY NOT NULL,
	`appId` text NOT NULL,
	`aliasOf` text,
	`https` text NOT NULL,
	`forceHttps` integer NOT NULL,
	`www` integer NOT NULL,
	`revision` integer NOT NULL,
	`seen` text,
	FOREIGN KEY (`appId`) REFERENCES `apps`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `domain_names_app` ON `domain_names` (`appId`);--> statement-breakpoint
CREATE TABLE `domains` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`path` text NOT NULL,
	`service` text NOT NULL,
	`port` integer NOT NULL,
	`revision` integer NOT NULL,
	`createdAt` integer NOT NULL,
	FOREIGN KEY (`name`) REFERENCES `domain_names`(`name`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `domains_name_path` ON `domains` (`name`,`path`);--> statement-breakpoint
CREATE TABLE `server_proxies` (
	`serverId` text PRIMARY KEY NOT NULL,
	`driver` text DEFAULT 'caddy' NOT NULL,
	`revision` integer DEFAULT 0 NOT NULL,
	`jobId` text,
	`appliedRevision` integer DEFAULT 0 NOT NULL,
	`appliedAt` integer,
	`problem` text,
	`due` integer DEFAULT false NOT NULL,
	FOREIGN KEY (`serverId`) REFERENCES `servers`(`id`) ON UPDATE no action ON DELETE no action
);

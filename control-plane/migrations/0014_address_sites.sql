CREATE TABLE `address_sites` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`serverId` text NOT NULL,
	`host` text NOT NULL,
	`port` integer NOT NULL,
	`https` text NOT NULL,
	`forceHttps` integer NOT NULL,
	`createdAt` integer NOT NULL,
	`revision` integer NOT NULL,
	`seen` text,
	`warnedOf` text,
	FOREIGN KEY (`serverId`) REFERENCES `servers`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `address_sites_name` ON `address_sites` (`name`);--> statement-breakpoint
CREATE INDEX `address_sites_server` ON `address_sites` (`serverId`);
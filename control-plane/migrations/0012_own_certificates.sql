CREATE TABLE `certificates` (
	`id` text PRIMARY KEY NOT NULL,
	`projectId` text,
	`chain` text NOT NULL,
	`key` text NOT NULL,
	`names` text NOT NULL,
	`issuer` text NOT NULL,
	`notBefore` integer NOT NULL,
	`notAfter` integer NOT NULL,
	`fingerprint` text NOT NULL,
	`state` text NOT NULL,
	`changedAt` integer NOT NULL,
	FOREIGN KEY (`projectId`) REFERENCES `projects`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
ALTER TABLE `domain_names` ADD `certificateId` text REFERENCES certificates(id);--> statement-breakpoint
ALTER TABLE `server_proxies` ADD `authority` text;
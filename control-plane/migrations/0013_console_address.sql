CREATE TABLE `console_address` (
	`id` integer PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`serverId` text NOT NULL,
	`revision` integer NOT NULL,
	`seen` text,
	`warnedOf` text,
	FOREIGN KEY (`serverId`) REFERENCES `servers`(`id`) ON UPDATE no action ON DELETE no action
);

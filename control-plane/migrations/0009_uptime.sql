CREATE TABLE `domain_uptime` (
	`domainId` text NOT NULL,
	`hour` integer NOT NULL,
	`asked` integer NOT NULL,
	`answered` integer NOT NULL,
	`latencySumMs` integer NOT NULL,
	`latencyMaxMs` integer NOT NULL,
	PRIMARY KEY(`domainId`, `hour`),
	FOREIGN KEY (`domainId`) REFERENCES `domains`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `domain_uptime_hour` ON `domain_uptime` (`hour`);
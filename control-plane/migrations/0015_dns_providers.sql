CREATE TABLE `dns_providers` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`kind` text NOT NULL,
	`zones` text NOT NULL,
	`access` text NOT NULL,
	`state` text NOT NULL,
	`changedAt` integer NOT NULL
);
--> statement-breakpoint
ALTER TABLE `domain_names` ADD `dnsProviderId` text REFERENCES dns_providers(id);
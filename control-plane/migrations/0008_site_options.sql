ALTER TABLE `domain_names` ADD `headers` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `domain_names` ADD `hsts` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `domain_names` ADD `access` text;--> statement-breakpoint
ALTER TABLE `domain_names` ADD `maxBodyMb` integer;--> statement-breakpoint
ALTER TABLE `domain_names` ADD `compress` integer DEFAULT false NOT NULL;
CREATE INDEX `activity_at` ON `activity` (`at`);--> statement-breakpoint
CREATE INDEX `terminals_ended` ON `terminals` (`endedAt`);
/** Seeds that found a fault in the protocol when it had one. A life changes with the programs that live it: what each showed is a test of its own as well. */
export const onceFailed = [
  { seed: 111, showed: "a refusal on its way met a copy of its offer that was taken on" },
  { seed: 1087, showed: "what a killed agent had written and not synced was told on, and lost to a power cut" },
  { seed: 20188, showed: "a deploy waited for years where the clock was set back" },
  { seed: 1218, showed: "a part of a log that was left out hid another, whose last lines were not waited for" },
];

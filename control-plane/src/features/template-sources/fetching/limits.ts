const MiB = 1024 ** 2;

/** What AppOS takes on of a source. */
export const limits = {
  /** Of one file that holds all templates. */
  jsonBytes: 24 * MiB,
  archiveBytes: 192 * MiB,
  /** A .zip is read from its end, so all of it has to be there. */
  zipBytes: 48 * MiB,
  unpackedBytes: 1024 * MiB,
  /** Unpacked to packed. */
  ratio: 100,
  slackBytes: MiB,
  entries: 50_000,
  /** Of all that is read of a source. */
  keptBytes: 64 * MiB,
  fileBytes: (path: string) => (path.endsWith(".json") ? 24 * MiB : 512 * 1024),
  templates: 5_000,
  templateBytes: MiB,
  /** Files that a source refers to, and repositories. */
  needs: 4_000,
  repositories: 40,
  timeMs: 120_000,
};

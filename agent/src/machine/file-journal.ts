import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, truncate } from "node:fs/promises";
import { join } from "node:path";
import { type Journal, JournalRecord } from "../journal.ts";

interface JobFile {
  handle: Promise<FileHandle>;
  /** Its name is safe in its folder. */
  named: Promise<void>;
  waiting: string[];
  written: Promise<void>;
}

/** One file per job, one line per record, synced before `append` resolves; records that wait share a sync. */
export async function fileJournal(folder: string): Promise<Journal> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const files = new Map<string, JobFile>();
  const pathOf = (jobId: string) => join(folder, `${jobId}.jsonl`);

  function begin(jobId: string): JobFile {
    const handle = open(pathOf(jobId), "a", 0o600);
    return { handle, named: handle.then(() => sync(folder)), waiting: [], written: Promise.resolve() };
  }

  async function write({ handle, named, waiting }: JobFile) {
    if (waiting.length === 0) return;
    const file = await handle;
    await file.appendFile(waiting.splice(0).join(""));
    await Promise.all([file.datasync(), named]);
  }

  return {
    id: await identity(folder),

    async load() {
      const names = (await readdir(folder)).filter((name) => name.endsWith(".jsonl")).sort();
      const jobs = await Promise.all(names.map((name) => recordsIn(join(folder, name))));
      return jobs.filter((records) => records.length > 0);
    },

    append(jobId, record) {
      const file = files.get(jobId) ?? begin(jobId);
      files.set(jobId, file);
      file.waiting.push(`${JSON.stringify(record)}\n`);
      return (file.written = file.written.then(() => write(file)));
    },

    async forget(jobId) {
      await (await files.get(jobId)?.handle)?.close();
      files.delete(jobId);
      await rm(pathOf(jobId));
      await sync(folder);
    },
  };
}

/** A last line that was cut short was never promised to anyone: it goes. */
async function recordsIn(path: string) {
  const text = await readFile(path, "utf8");
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  if (whole !== text) await truncate(path, Buffer.byteLength(whole));
  try {
    return whole
      .split("\n")
      .slice(0, -1)
      .map((line) => JournalRecord.parse(JSON.parse(line)));
  } catch {
    // One job that cannot be read must not keep the others from going on. The control plane offers it again, if it may be.
    await rename(path, `${path}.bad`);
    return [];
  }
}

async function identity(folder: string) {
  const path = join(folder, "id");
  const known = await readFile(path, "utf8").catch(() => "");
  if (known) return known;
  const file = await open(path, "w", 0o600);
  const id = crypto.randomUUID();
  await file.writeFile(id);
  await file.sync();
  await file.close();
  await sync(folder);
  return id;
}

/** A file's name is safe once its folder is. */
async function sync(folder: string) {
  const handle = await open(folder);
  await handle.sync();
  await handle.close();
}

import { HostAct, HostActKind } from "@appos/shared/host-acts";
import { AppId, HostActId, Name } from "@appos/shared/ids";
import { z } from "zod";
import { type Disk, DiskFull } from "../journal/disk.ts";
import { lineOf, readLines } from "../journal/lines.ts";
import { writer } from "../journal/writer.ts";

const FILE = "acts.jsonl";

/** An act as it begins. Times are this server's. */
const Begun = z.object({
  id: HostActId,
  kind: HostActKind,
  appId: AppId.nullable(),
  name: Name,
  afterJob: z.int().nonnegative().nullable(),
  at: z.int(),
});
export type BegunAct = z.output<typeof Begun>;
const Ended = HostAct.pick({ id: true, outcome: true, error: true, release: true }).extend({ at: z.int() });
export type EndedAct = z.output<typeof Ended>;
const ActRecord = z.union([
  z.object({ begun: Begun }),
  z.object({ ended: Ended }),
  /** The control plane holds these. */
  z.object({ kept: z.array(HostActId) }),
]);
type ActRecord = z.output<typeof ActRecord>;

export type KeptAct = BegunAct & { ended?: EndedAct };
export type ActLog = Awaited<ReturnType<typeof openActLog>>;

/** Every act on this server that the control plane has not been told of. What resolves here survives a power cut. */
export async function openActLog(disk: Disk) {
  const acts = new Map<string, KeptAct>();
  const { bytes, records } = await readLines(disk, FILE, (value) => ActRecord.safeParse(value).data);
  for (const record of records) if (record) take(record);
  const log = writer(disk, FILE, bytes);

  function take(record: ActRecord) {
    if ("begun" in record) acts.set(record.begun.id, { ...record.begun });
    else if ("kept" in record) record.kept.forEach((id) => acts.delete(id));
    else {
      const act = acts.get(record.ended.id);
      if (act) act.ended = record.ended;
    }
  }
  /** On a full disk it does not wait: whoever breaks the glass needs the app stopped, and space perhaps. */
  const add = (...added: ActRecord[]) =>
    log.add(added.map((record) => lineOf(disk, record)).join(""), { patient: false, safe: () => added.forEach(take) });

  return {
    begin: (begun: BegunAct) => add({ begun }),
    end: (ended: EndedAct) => add({ ended }),
    /** An act that could not be written down when it began. */
    beginAndEnd: (begun: BegunAct, ended: EndedAct) => add({ begun }, { ended }),
    /** In the order in which they began. */
    all: (): KeptAct[] => [...acts.values()],
    /** The control plane holds these. Where none is left, the file is emptied. */
    async kept(ids: string[]) {
      const known = ids.filter((id) => acts.has(id));
      if (known.length === 0) return;
      // On a full disk they are told again, and known there.
      if (!(await add({ kept: known }).then(() => true, orFull))) return;
      if (acts.size === 0)
        await log.alone(async () => {
          if (acts.size > 0 || log.waiting() > 0) return log.size();
          await disk.truncate(FILE, 0);
          return 0;
        });
    },
  };
}

function orFull(error: unknown): false {
  if (error instanceof DiskFull) return false;
  throw error;
}

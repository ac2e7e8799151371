interface ListedFile {
  path: string;
  id: string;
  bytes: number;
}

/** The plain files that `git ls-tree -r -z -l` names: no links, no submodules, and nothing that leads out of the tree. */
export const listedFiles = (answer: Buffer): ListedFile[] =>
  answer
    .toString()
    .split("\0")
    .flatMap((line) => {
      const found = /^100(?:644|755) blob ([0-9a-f]+) +(\d+)\t([^]+)$/.exec(line);
      if (!found || found[3]!.split("/").some((part) => part === ".." || part === "." || part === "")) return [];
      return [{ path: found[3]!, id: found[1]!, bytes: Number(found[2]) }];
    });

/** What `git cat-file --batch` says, by the ids of the objects. */
export function blobsOf(answer: Buffer): Map<string, Buffer> {
  const found = new Map<string, Buffer>();
  for (let at = 0; at < answer.length;) {
    const end = answer.indexOf(10, at);
    const [id, kind, size] = answer.subarray(at, end).toString().split(" ");
    const from = end + 1;
    if (kind !== "blob") {
      at = from;
      continue;
    }
    found.set(id!, answer.subarray(from, from + Number(size)));
    at = from + Number(size) + 1;
  }
  return found;
}

/** As people say it: 512 MiB, 2 GiB. */
export const mebibytes = (count: number): string => (count < 1024 ? `${count} MiB` : `${Math.round((count / 1024) * 10) / 10} GiB`);

/** What an app of this template may be called: its id, without where it is from. */
export const nameFor = (templateId: string): string =>
  templateId
    .replace(/^.*:/, "")
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replace(/^-+/, "")
    .slice(0, 40);

/** The first of that name that no app has. */
export function freeName(templateId: string, taken: string[]): string {
  const wanted = nameFor(templateId) || "app";
  let name = wanted;
  for (let number = 2; taken.includes(name); number++) name = `${wanted}-${number}`;
  return name;
}

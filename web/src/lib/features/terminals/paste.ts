const lineBreak = /\r\n?|\n/;

/** Text alone: what steers a terminal could end the paste and be run as if it had been typed. */
export const plainText = (text: string): string => text.replaceAll(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g, "");

export const lineCount = (text: string): number => text.split(lineBreak).filter((line, i, all) => line !== "" || i < all.length - 1).length;

/** A pasted line break runs what stands before it: whoever pastes several lines into a shell is asked first. */
export function mustAsk(text: string, { isTakenOver, takesPaste }: { isTakenOver: boolean; takesPaste: boolean }): boolean {
  if (isTakenOver || !lineBreak.test(text)) return false;
  return !takesPaste || lineCount(text) > 1;
}

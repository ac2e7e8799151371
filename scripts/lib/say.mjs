/** One line for the person in front of the terminal. */
export const say = (line) => process.stdout.write(`appos: ${line}\n`);

/** One sentence on the error output, then the end: for what the person can put right. */
export function fail(sentence, detail = "") {
  process.stderr.write(`appos: ${sentence}\n${detail ? `${detail.trimEnd()}\n` : ""}`);
  process.exit(1);
}

/** The last lines of what a program said, for a failure. */
export const tail = (text, lines = 12) => text.trimEnd().split("\n").slice(-lines).join("\n");

/** What visitors see where no app answers. It names nothing of the server, and is understood by programs by its status. */
const page = (title: string, words: string) =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"><title>${title}</title><style>body{font:1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:20vh auto;padding:0 1.5rem}h1{font-size:1.25rem}</style><h1>${title}</h1><p>${words}</p></html>\n`;

export const downPage = page("This site is not available", "What should answer here does not at the moment. Try again in a minute.");
export const unknownPage = page("There is nothing here", "No site of this name or path is set up on this server.");
export const loginPage = page("A name and a password are needed", "Reload the page to be asked for them.");
export const forbiddenPage = page("This site is not open to you", "It can be visited from some networks only, and yours is none of them.");
export const tooLargePage = page("That is too large", "More was sent than this site takes at once.");

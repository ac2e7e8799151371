/** It cannot be translated, and why, in a sentence. */
export class Untranslatable extends Error {}

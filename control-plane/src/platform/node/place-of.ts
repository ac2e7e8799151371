/** An address as it may be shown: without who asks there, and their password. */
export const placeOf = (url: string) => url.replace(/\/\/[^@/]*@/, "//");

/** No authority that browsers trust issues anything for these: they belong to nobody, and so to whoever uses them at home (RFC 6761, 6762, 8375; ICANN on .internal). */
export const isPrivateName = (name: string): boolean => /\.(internal|lan|local|home\.arpa|test)$/.test(name);

/** A provider's refusal, as it goes on from the provider's name: `did not take the record: …`. */
export class DnsProviderFailed extends Error {}

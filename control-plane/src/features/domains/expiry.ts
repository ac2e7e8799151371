import type { Certificate } from "@appos/shared/sites";
import type { ActivityService } from "../activity/service.ts";
import type { domainStore } from "./store.ts";

const DAY_MS = 24 * 60 * 60_000;
/** So many days before a certificate ends it is said that it was not renewed: once each. */
const DAYS = [1, 3, 7, 14, 30];
/** Proxies renew when a third of a certificate's time is left: one that lasts for days only is not late before this is. */
const LATE = 0.3;

/** Which of these days a certificate that should have been renewed has come to; null where there is nothing to say. */
export function daysLeft({ notBefore, notAfter }: Certificate, now: number): number | null {
  const left = notAfter - now;
  if (left >= (notAfter - notBefore) * LATE) return null;
  return DAYS.find((days) => left <= days * DAY_MS) ?? null;
}

/** Writes down, for people to see, that certificates are about to run out. */
export async function warnOfExpiry(store: ReturnType<typeof domainStore>, activity: ActivityService, now: number): Promise<string[]> {
  const warned: string[] = [];
  for (const { name, appId, https, certificate, warnedOf } of await store.endingBy(now + Math.max(...DAYS) * DAY_MS)) {
    const days = daysLeft(certificate, now);
    const warning = `${certificate.notAfter} ${days}`;
    if (days === null || warning === warnedOf) continue;
    const left = certificate.notAfter - now;
    const when = left <= 0 ? "it has run out" : `${Math.ceil(left / DAY_MS)} ${left <= DAY_MS ? "day" : "days"} left`;
    const remedy = https === "own" ? ", replace it with a newer one" : "";
    const subject = `${name} (${when}${remedy})`;
    await activity.write(
      { actor: null, action: "certificate-ends", subject, ...(appId !== undefined && { appId }) },
      store.warned(name, warning),
    );
    warned.push(name);
  }
  return warned;
}

import { beforeNavigate } from "$app/navigation";

/** Asks before a page is left with something on it that is not saved. Called while a component is made. */
export function asksBeforeLeaving(unsaved: () => boolean, question: string): void {
  beforeNavigate(({ cancel, type }) => {
    // Where the whole page goes, the browser asks in words of its own.
    if (unsaved() && (type === "leave" || !confirm(question))) cancel();
  });
}

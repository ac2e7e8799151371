import type { Tone } from "./tone.ts";

export interface Toast {
  id: number;
  tone: Tone;
  text: string;
  href?: string;
}

const SHOWN_MS = 6_000;
let last = 0;

/** What was just done, said for a moment. */
export const toasts = $state<{ items: Toast[] }>({ items: [] });

export const dismiss = (id: number): void => void (toasts.items = toasts.items.filter((toast) => toast.id !== id));

export function toast(text: string, { tone = "ok", href }: { tone?: Tone; href?: string } = {}): void {
  const id = ++last;
  toasts.items = [...toasts.items.slice(-2), { id, tone, text, ...(href && { href }) }];
  setTimeout(() => dismiss(id), SHOWN_MS);
}

import { AppError } from "../../errors.ts";

export interface Block {
  label: string;
  bytes: Uint8Array<ArrayBuffer>;
}

/** The blocks of a text in PEM (RFC 7468). What stands around them is left out: tools write there what they like. */
export function blocksIn(text: string): Block[] {
  return [...text.matchAll(/-----BEGIN ([A-Z0-9 ]{1,40})-----([^-]*)-----END \1-----/g)].flatMap(([, label, inner]) => {
    const bytes = bytesOf(inner!);
    return bytes ? [{ label: label!, bytes }] : [];
  });
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> | undefined {
  const text = base64.replaceAll(/\s/g, "");
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined;
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

export function pemOf(label: string, bytes: ArrayBuffer | Uint8Array): string {
  const text = btoa(Array.from(new Uint8Array(bytes), (byte) => String.fromCharCode(byte)).join(""));
  return `-----BEGIN ${label}-----\n${text.replaceAll(/.{64}(?=.)/g, "$&\n")}\n-----END ${label}-----\n`;
}

export function refused(path: "chain" | "key", message: string): AppError {
  return new AppError("INVALID_REQUEST", message, [{ path, message }]);
}

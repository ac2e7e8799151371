/** What a wire does to what goes over it, in one direction. */
export interface Weather {
  /** So long everything is on its way; so much longer or shorter by chance. Order is kept. */
  delayMs: number;
  jitterMs: number;
  /** Of a hundred pieces so many are lost. To the ends of a TCP connection, that is a wait until the piece has been sent again. */
  lossPercent: number;
  /** As a slow reader takes it; 0 is as fast as it comes. */
  bytesPerSecond: number;
  /** Nothing gets through, and nobody is told. What was said waits with whoever said it, as on a line that was cut. */
  hole: boolean;
  /** Of a hundred job frames so many arrive twice. */
  duplicatePercent: number;
}

export const calm: Weather = { delayMs: 0, jitterMs: 0, lossPercent: 0, bytesPerSecond: 0, hole: false, duplicatePercent: 0 };

/** The least time after which TCP sends a lost segment again, as Linux sets it. */
export const RESEND_MS = 200;

/** up: from the agent to the control plane. down: back. */
export type Direction = "up" | "down";

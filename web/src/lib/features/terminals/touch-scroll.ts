/** Scrolls by lines as a finger moves over an element. xterm itself knows only wheels. Returns how to stop. */
export function scrollByTouch(element: HTMLElement, lineHeight: () => number, scroll: (lines: number, at: Touch) => unknown): () => void {
  let lastY: number | undefined;

  function start({ touches }: TouchEvent) {
    lastY = touches.length === 1 ? touches[0]?.clientY : undefined;
  }
  function move({ touches: [touch] }: TouchEvent) {
    if (lastY === undefined || !touch) return;
    const height = lineHeight();
    const lines = Math.trunc((lastY - touch.clientY) / height);
    if (lines === 0) return;
    lastY -= lines * height;
    scroll(lines, touch);
  }

  element.addEventListener("touchstart", start, { passive: true });
  element.addEventListener("touchmove", move, { passive: true });
  return () => {
    element.removeEventListener("touchstart", start);
    element.removeEventListener("touchmove", move);
  };
}

/** A window that has lost more than this to something has lost it to a keyboard. */
const KEYBOARD = 120;

/**
 * Gives an element all the height from its top to the end of the window: of what the keyboard of a phone leaves of it, too.
 * What else is beneath it, a page's own bar, is its `scroll-margin-bottom`.
 */
export function fillWindow(element: HTMLElement): () => void {
  const viewport = window.visualViewport;

  function fit() {
    const height = viewport?.height ?? innerHeight;
    const typing = innerHeight - height > KEYBOARD;
    const top = element.getBoundingClientRect().top + scrollY;
    const beneath = typing ? 0 : Number.parseFloat(getComputedStyle(element).scrollMarginBottom);
    element.style.height = `${Math.floor(height - top - beneath)}px`;
  }

  const observer = new ResizeObserver(fit);
  if (element.parentElement) observer.observe(element.parentElement);
  viewport?.addEventListener("resize", fit);
  addEventListener("resize", fit);
  fit();
  return () => {
    observer.disconnect();
    viewport?.removeEventListener("resize", fit);
    removeEventListener("resize", fit);
  };
}

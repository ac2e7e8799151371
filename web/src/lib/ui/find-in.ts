const MOST = 5_000;

/** Where a text occurs in the lines shown, without touching them. Case does not matter. */
export function findIn(container: HTMLElement, wanted: string): Range[] {
  const needle = wanted.toLowerCase();
  const ranges: Range[] = [];
  if (needle === "") return ranges;
  for (const line of container.querySelectorAll(".text")) {
    const hay = (line.textContent ?? "").toLowerCase();
    for (let at = hay.indexOf(needle); at >= 0 && ranges.length < MOST; at = hay.indexOf(needle, at + needle.length)) {
      ranges.push(rangeOf(line, at, at + needle.length));
    }
  }
  return ranges;
}

function rangeOf(line: Element, from: number, to: number): Range {
  const range = document.createRange();
  const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
  let passed = 0;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const length = node.textContent?.length ?? 0;
    if (from >= passed && from <= passed + length) range.setStart(node, from - passed);
    if (to >= passed && to <= passed + length) {
      range.setEnd(node, to - passed);
      break;
    }
    passed += length;
  }
  return range;
}

/** Paints ranges, one of them as the current. Browsers without highlights show the count alone. */
export function paint(ranges: Range[], current: number): void {
  if (!("highlights" in CSS)) return;
  const now = ranges[current];
  CSS.highlights.set("found", new Highlight(...ranges.filter((range) => range !== now)));
  CSS.highlights.set("found-now", new Highlight(...(now ? [now] : [])));
}

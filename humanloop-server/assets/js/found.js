// The words that are searched for, marked wherever an element shows them; its own elements stay as they are.

/** As many places are marked at most. */
const MARKED = 2000;

/** Marks words in `element`, also in what it shows later; the answer sets the words. */
export function markFound(element) {
  let words = [];
  let soon = false;
  const mark = () => {
    soon = false;
    CSS.highlights.delete("found");
    if (!words.length) return;
    const places = [];
    const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    for (let node = texts.nextNode(); node && places.length < MARKED; node = texts.nextNode()) {
      const text = node.data.toLowerCase();
      for (const word of words) for (let at = text.indexOf(word); at >= 0 && at + word.length <= node.length && places.length < MARKED; at = text.indexOf(word, at + word.length)) {
        const place = new Range();
        place.setStart(node, at);
        place.setEnd(node, at + word.length);
        places.push(place);
      }
    }
    CSS.highlights.set("found", new Highlight(...places));
  };
  if (!CSS.highlights) return () => {};
  const later = () => { if (!soon) requestAnimationFrame(mark); soon = true; };
  new MutationObserver(later).observe(element, { childList: true, subtree: true });
  return (next) => { words = next.filter(Boolean).map((word) => word.toLowerCase()); later(); };
}

/** Makes an element with a class, a text and children. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  options: { className?: string; text?: string; label?: string } = {},
  ...children: Node[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  if (options.className) made.className = options.className;
  if (options.text !== undefined) made.textContent = options.text;
  if (options.label) made.setAttribute("aria-label", options.label);
  made.append(...children);
  return made;
}

/** Finds an element of `index.html` by its id. */
export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`Cannot find element "${id}" in the page, need it in index.html`);
  return found;
}

/** Sets a text only where it changed: writing the same text again costs a layout. */
export function setText(target: Element, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

/** Sets an attribute only where it changed. */
export function setAttribute(target: Element, name: string, value: string): void {
  if (target.getAttribute(name) !== value) target.setAttribute(name, value);
}

/** Size of the page's text in CSS pixels, which grows with the screen; 14 on a laptop. */
export function emPx(): number {
  return Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
}

/**
 * xterm.js writes its colours and sizes into `<style>` elements, which the page's content security policy does not allow.
 * Style sheets that a script constructs are allowed: what it writes goes there instead.
 */

/** @returns what `work` gave, and how its styles are taken away again */
export function withAdoptedStyles<T>(work: () => T): { value: T; remove: () => void } {
  const sheets: CSSStyleSheet[] = [];
  const { createElement } = document;
  const create = createElement.bind(document);
  // Only while it is being built: nobody else creates an element meanwhile.
  document.createElement = (tag: string, options?: ElementCreationOptions): HTMLElement => {
    // Even an empty `<style>` is against the policy.
    const element = create(tag === 'style' ? 'template' : tag, options);
    if (tag === 'style') sheets.push(adoptedBy(element));
    return element;
  };
  try {
    const value = work();
    return {
      value,
      remove: () => {
        document.adoptedStyleSheets = document.adoptedStyleSheets.filter((sheet) => !sheets.includes(sheet));
      },
    };
  } finally {
    document.createElement = createElement;
  }
}

function adoptedBy(element: HTMLElement): CSSStyleSheet {
  const sheet = new CSSStyleSheet();
  let written = '';
  Object.defineProperty(element, 'textContent', {
    get: () => written,
    set(text: string) {
      written = text;
      sheet.replaceSync(text);
    },
  });
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  return sheet;
}

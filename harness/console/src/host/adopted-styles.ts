/**
 * xterm.js writes its colours and sizes into `<style>` elements, which the page's content security policy does not allow.
 * Style sheets that a script constructs are allowed: what it writes goes there instead.
 */

/** @returns what `work` gave, and how its styles are taken away again */
export function withAdoptedStyles<T>(work: () => T): { value: T; remove: () => void } {
  const sheets: CSSStyleSheet[] = [];
  const restore = (): void => void Reflect.deleteProperty(document, 'createElement');
  const replace = (): void =>
    void Object.defineProperty(document, 'createElement', { configurable: true, value: make });
  const make = (tag: string, options?: ElementCreationOptions): HTMLElement => {
    restore();
    // Even an empty `<style>` is against the policy.
    const element = document.createElement(tag === 'style' ? 'template' : tag, options);
    replace();
    if (tag === 'style') sheets.push(adoptedBy(element));
    return element;
  };
  // Only while it is being built: nobody else creates an element meanwhile.
  replace();
  try {
    const value = work();
    return {
      value,
      remove: () => {
        document.adoptedStyleSheets = document.adoptedStyleSheets.filter((sheet) => !sheets.includes(sheet));
      },
    };
  } finally {
    restore();
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

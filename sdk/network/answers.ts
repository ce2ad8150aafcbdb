/** What an answer-file server is asked for, and whether it may be given. Nothing here speaks to anyone. */

/** What is asked for. */
export type Wanted =
  /** A name without a leading slash and without anything that leads elsewhere. */
  { readonly kind: 'name'; readonly name: string } | { readonly kind: 'wrong'; readonly status: 400 | 405 };

/** @param target as it stands in the request: `/preseed.cfg?a=b`, or the whole address */
export function wantedBy(method: string, target: string): Wanted {
  if (method !== 'GET' && method !== 'HEAD') return { kind: 'wrong', status: 405 };
  const path = target.replace(/^https?:\/\/[^/]*/, '').replace(/[?#].*$/, '');
  const name = decoded(path)?.replace(/^\/+/, '') ?? null;
  if (name === null || !isPlainName(name)) return { kind: 'wrong', status: 400 };
  return { kind: 'name', name };
}

/** Whether a name stays where it is looked for, on every system. */
export function isPlainName(name: string): boolean {
  return !/[\u0000-\u001f\\:]/.test(name) && !name.startsWith('/') && !name.split('/').includes('..');
}

function decoded(path: string): string | null {
  try {
    return decodeURIComponent(path);
  } catch {
    return null;
  }
}

/** Where in the page one is, and the addresses of its places. */
import { useEffect, useState } from 'preact/hooks';

/** Where in the page one is: `#/<host>/<machine>/<tab>`. */
export interface Place {
  host: string | null;
  machine: string | null;
  tab: string | null;
}

export function placeOf(hash: string): Place {
  const [host = '', machine = '', tab = ''] = hash.replace(/^#\/?/, '').split('/').map(decoded);
  return { host: host === '' ? null : host, machine: machine === '' ? null : machine, tab: tab === '' ? null : tab };
}

export function addressOf({ host, machine, tab }: Partial<Place>): string {
  const parts = [host, machine, tab].filter((part) => typeof part === 'string' && part !== '') as string[];
  return `#/${parts.map(encodeURIComponent).join('/')}`;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return '';
  }
}

export function usePlace(): Place {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const moved = (): void => setHash(location.hash);
    addEventListener('hashchange', moved);
    return () => removeEventListener('hashchange', moved);
  }, []);
  return placeOf(hash);
}

export const nameOf = (url: string): string => new URL(url).host;
export const hostPlace = (url: string): string => addressOf({ host: nameOf(url) });
export const machinePlace = (url: string, machine: string, tab: string | null = null): string =>
  addressOf({ host: nameOf(url), machine, tab });

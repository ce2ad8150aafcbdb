/** Pages of other hosts that may call this one: those whose origin was named, and no others. */
import type { FastifyCorsOptions } from '@fastify/cors';
import { GuestwrightError } from '../../../sdk/errors.js';

/** A page of these origins reads answers. What it sends is a header of its own: nothing that a browser adds by itself counts. */
export function corsFor(origins: readonly string[]): FastifyCorsOptions {
  return {
    origin: [...origins],
    methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: ['authorization', 'content-type'],
    exposedHeaders: ['retry-after'],
    credentials: false,
    // Seconds in which a browser does not ask again.
    maxAge: 600,
  };
}

/** @throws GuestwrightError `usage/page-invalid` */
export function parseOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && /^https?:$/.test(url.protocol) && url.origin === text.replace(/\/$/, '')) return url.origin;
  throw new GuestwrightError(`${text} is not the origin of a page`, {
    kind: 'usage',
    code: 'page-invalid',
    expected: 'http or https, a name, and a port unless it is the usual one',
    seen: text,
    next: 'give it as the browser shows it, up to the first slash: https://console.example:8443',
  });
}

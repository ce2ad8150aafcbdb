/** The page of a host, at its root: static files, which hold nothing of the host's. What they ask for needs a token. */
import { existsSync } from 'node:fs';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import sirv from 'sirv';
import { PAGES } from '../../live/server.js';

/**
 * Scripts and styles of this host only, none in the page's text. A page shows several hosts: it may connect to others, which
 * answer it when they were told to (`serve --allow-page`).
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "font-src 'self'",
  "connect-src 'self' https: wss: http://localhost:* http://127.0.0.1:* ws://localhost:* ws://127.0.0.1:*",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS = {
  'content-security-policy': POLICY,
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
};

/** Answers of the API are kept by nobody; files whose names hold their digest are. */
export function servePages(app: FastifyInstance): void {
  app.addHook('onSend', async (_request, reply) => {
    void reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
  });
  // A copy that was not built whole has an API all the same.
  if (!existsSync(PAGES)) return;
  const files = sirv(PAGES, {
    setHeaders: (response, path) => {
      for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
      const isNamedByDigest = path.startsWith('/assets/');
      response.setHeader('cache-control', isNamedByDigest ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
  const send = (request: FastifyRequest, reply: FastifyReply): void => {
    reply.hijack();
    files(request.raw, reply.raw, () => void reply.raw.writeHead(404).end());
  };
  app.get('/', { schema: { hide: true } }, (request, reply) => {
    request.raw.url = '/host.html';
    send(request, reply);
  });
  app.get('/assets/*', { schema: { hide: true } }, send);
}

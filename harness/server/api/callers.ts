/**
 * Who calls. Only a header that no browser sets by itself says so, or a ticket: a page of another site can neither send a
 * call as somebody else nor open a WebSocket, because there is no cookie that would go with it.
 */
import type { FastifyRequest } from 'fastify';
import { sha256 } from '../../../sdk/images/files.js';
import type { Access, Caller } from './access.js';
import { Refusal } from './refusal.js';

export interface CallersOptions {
  access: Access;
  /** Only names of this host may be used for it: no page of somebody else's can make its own name mean it. */
  isLocal: boolean;
  /** Origins of pages of other hosts that may call this one. */
  pages: readonly string[];
  /** Counts a wrong token. Seconds after which its address may try again; null: at once. */
  onWrong: (request: FastifyRequest) => Promise<number | null>;
}

export const LOOPBACK = /^(127\.\d+\.\d+\.\d+|::1|localhost)$/;

export class Callers {
  readonly #options: CallersOptions;

  constructor(options: CallersOptions) {
    this.#options = options;
  }

  /** Of a call: by its token. @throws Refusal */
  async ofCall(request: FastifyRequest): Promise<Caller> {
    this.assertPage(request);
    return await this.#holder(request, bearerOf(request));
  }

  /** Of a WebSocket: by its token, or by a ticket, which is used up. @throws Refusal */
  async ofSocket(request: FastifyRequest): Promise<Caller> {
    this.assertPage(request);
    const bearer = bearerOf(request);
    return await this.#holder(request, bearer ?? this.#ticketOf(request));
  }

  /** Of a page of this host, of one that is allowed, or of no page. @throws Refusal */
  assertPage({ headers: { host = '', origin } }: FastifyRequest): void {
    const { isLocal, pages } = this.#options;
    if (isLocal && !LOOPBACK.test(host.replace(/:\d+$/, '').replace(/^\[|\]$/g, ''))) {
      throw new Refusal(403, 'host-name-refused', 'This host is reached by its own names only');
    }
    // Browsers say where a page came from.
    if (origin === undefined || placeOf(origin) === host.toLowerCase() || pages.includes(origin)) return;
    throw new Refusal(403, 'origin-refused', 'Pages of other sites get no answer');
  }

  async #holder(request: FastifyRequest, credential: string | null): Promise<Caller> {
    const holder = credential === null ? null : this.#options.access.holder(credential);
    if (holder !== null) return holder;
    const wait = await this.#options.onWrong(request);
    if (wait !== null) {
      throw new Refusal(429, 'too-many-tries', `Too many wrong tokens: try again in ${wait} seconds`, wait);
    }
    throw new Refusal(401, 'token-wrong', 'A token of this host is needed: Authorization: Bearer TOKEN');
  }

  #ticketOf({ query }: FastifyRequest): string | null {
    const { ticket } = query as { ticket?: unknown };
    return typeof ticket === 'string' ? this.#options.access.tickets.redeem(ticket) : null;
  }
}

/** Its SHA-256; null: it shows none. */
function bearerOf({ headers }: FastifyRequest): string | null {
  const token = /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1];
  return token === undefined ? null : sha256(token);
}

/** Name and port; null: no site's, as of a file. */
function placeOf(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host : null;
}

/** A WebSocket of the API: who connects is asked who it is before it is open, and it is closed when that is not so any more. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { GuestwrightError } from '../../../sdk/errors.js';
import type { Host } from '../host/host.js';
import { machineName } from '../machines/config.js';
import type { Access, Caller } from './access.js';
import type { Callers } from './callers.js';
import { assertAllowed, whileAllowed } from './may-call.js';
import { SOCKET_HANDLERS } from './socket-handlers.js';
import { SOCKETS, type SocketContract, type SocketName } from './sockets.js';

/** Close codes of our own. */
export const CLOSE = { rightsChanged: 4401, failed: 4500 } as const;
/** Bytes of the reason of a close (RFC 6455, 5.5). */
const MOST_REASON = 123;

export interface SocketParts {
  host: Host;
  access: Access;
  callers: Callers;
}

/** @param path of the API */
export function addSocket(app: FastifyInstance, path: string, name: SocketName, parts: SocketParts): void {
  const { host, access, callers } = parts;
  const contract: SocketContract = SOCKETS[name];
  const known = new WeakMap<FastifyRequest, Caller>();
  const ofMachine = contract.path.includes(':name');
  const params = z.strictObject(ofMachine ? { name: machineName } : {});
  app.get(
    `${path}${contract.path}`,
    {
      websocket: true,
      schema: { hide: true, params },
      onRequest: async (request) => {
        const caller = await callers.ofSocket(request);
        assertAllowed(host, name, contract, caller, machineOf(request));
        known.set(request, caller);
      },
    },
    (socket, request) => {
      const caller = known.get(request);
      if (caller === undefined) throw new Error('nobody is served without having been asked who it is');
      const close = (code: number, reason: string): void => socket.close(code, cut(reason));
      const stop = whileAllowed(access, caller, () => close(CLOSE.rightsChanged, 'Your rights have changed'));
      socket.on('close', stop);
      socket.on('error', () => socket.terminate());
      const query = { ...(request.query as Record<string, unknown>) };
      delete query['ticket'];
      const open = { host, socket, caller, name: machineOf(request) ?? '', query };
      // Begun at once: what the handler throws before it first waits is caught as well.
      (async () => await SOCKET_HANDLERS[name](open))().catch((error: unknown) => close(CLOSE.failed, told(error)));
    },
  );
}

function machineOf({ params }: FastifyRequest): string | null {
  const { name = null } = (params ?? {}) as { name?: string };
  return name;
}

function told(error: unknown): string {
  if (error instanceof GuestwrightError) return `${error.code}: ${error.message.split('\n')[0] ?? ''}`;
  return 'unexpected';
}

/** As UTF-8. */
function cut(reason: string): string {
  let text = reason;
  while (Buffer.byteLength(text) > MOST_REASON) text = text.slice(0, -1);
  return text;
}

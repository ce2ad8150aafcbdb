/** A machine's screen, keyboard and mouse as RFB in a WebSocket: what noVNC speaks, and `guestwright machine vnc` passes on. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { createWebSocketStream, type WebSocket } from 'ws';
import { z } from 'zod';
import type { Host } from '../host/host.js';
import { machineName } from '../machines/config.js';
import { socketOf } from '../process/socket.js';
import { encodeGreeting } from '../remote/greeting.js';
import type { Caller } from './handlers.js';
import { may } from './rights.js';
import { API, refused } from './serve.js';

const paramsSchema = z.strictObject({ name: machineName });
const querySchema = z.object({
  /** Names the viewer, for `control`; a page chooses its own. */
  viewer: z.uuid().optional(),
  /** `look`: it never takes control, whatever right it has. */
  only: z.literal('look').optional(),
});

/** Bytes that wait in the daemon for a viewer, in each direction, before the other side has to wait. */
const WAITING_BYTES = 64 * 1024;

interface Parts {
  host: Host;
  callerOf: (request: FastifyRequest) => Promise<Caller>;
}

export function addConsole(app: FastifyInstance, { host, callerOf }: Parts): void {
  const callers = new WeakMap<FastifyRequest, Caller>();
  app.get(
    `${API}/machines/:name/console`,
    {
      websocket: true,
      schema: { hide: true, params: paramsSchema, querystring: querySchema },
      preValidation: async (request) => {
        const caller = await callerOf(request);
        const { name } = request.params as { name: string };
        if (!may(caller.grants, 'read', name)) {
          host.events.add({ machine: name, kind: 'refused', by: caller.name, detail: 'console needs read' });
          throw refused('right-missing', 403, `The token ${caller.name} has not the right read`);
        }
        callers.set(request, caller);
      },
      // Before it becomes a WebSocket: what is wrong is an answer with words.
      preHandler: (request) => {
        host.running(paramsSchema.parse(request.params).name);
        return Promise.resolve();
      },
    },
    async (socket, request) => {
      const caller = callers.get(request);
      if (caller === undefined) throw new Error('nobody is served without having been asked who it is');
      const { name } = paramsSchema.parse(request.params);
      const { viewer = randomUUID(), only } = querySchema.parse(request.query);
      const mayUse = only !== 'look' && may(caller.grants, 'execute', name);
      await join(socket, host.running(name).folder.path, { viewer, by: caller.name, mayUse });
    },
  );
}

/** Until either side ends. */
async function join(
  socket: WebSocket,
  folder: string,
  greeting: Parameters<typeof encodeGreeting>[0],
): Promise<void> {
  // From the first moment on: what a viewer says at once must not be lost.
  const stream = createWebSocketStream(socket, { highWaterMark: WAITING_BYTES });
  let process: Socket | null = null;
  try {
    process = createConnection(await socketOf(folder, 'console'));
    await once(process, 'connect');
    process.write(encodeGreeting(greeting));
    await Promise.race([pipeline(stream, process), pipeline(process, stream)]);
  } catch {
    // Connections end in the middle of anything; either side's end is the other's.
  } finally {
    process?.destroy();
    socket.close();
    stream.destroy();
  }
}

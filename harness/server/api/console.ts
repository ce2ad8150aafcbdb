/** A machine's screen, keyboard and mouse as RFB in a WebSocket: what noVNC speaks, and `guestwright machine vnc` passes on. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { createWebSocketStream } from 'ws';
import { z } from 'zod';
import { GuestwrightError } from '../../../sdk/errors.js';
import { socketOf } from '../process/socket.js';
import { encodeGreeting } from '../remote/greeting.js';
import { may } from './rights.js';
import type { OpenSocket } from './socket-handlers.js';

const querySchema = z.strictObject({
  /** Names the viewer, for `control`; a page chooses its own. */
  viewer: z.uuid().optional(),
  /** It never takes control, whatever right it has. */
  only: z.literal('look').optional(),
});

/** Bytes that wait in the daemon for a viewer, in each direction, before the other side has to wait. */
const WAITING_BYTES = 64 * 1024;

/** Until either side ends. @throws GuestwrightError `usage/machine-not-running`, `usage/console-query-invalid` */
export async function openConsole({ host, socket, caller, name, query }: OpenSocket): Promise<void> {
  // From the first moment on: what a viewer says at once must not be lost.
  const stream = createWebSocketStream(socket, { highWaterMark: WAITING_BYTES });
  // It is told by its end, which is waited for below.
  stream.on('error', () => undefined);
  const asked = querySchema.safeParse(query);
  if (!asked.success) throw queryInvalid(asked.error.message);
  const { viewer = randomUUID(), only } = asked.data;
  const { folder } = host.running(name);
  const process = createConnection(await socketOf(folder.path, 'console'));
  process.on('error', () => process.destroy());
  try {
    await once(process, 'connect');
    const mayUse = only !== 'look' && may(caller.grants, 'execute', name);
    process.write(encodeGreeting({ viewer, by: caller.name, mayUse }));
    await Promise.race([pipeline(stream, process), pipeline(process, stream)]);
  } catch {
    // Connections end in the middle of anything; either side's end is the other's.
  } finally {
    process.destroy();
    socket.close();
    stream.destroy();
  }
}

function queryInvalid(seen: string): GuestwrightError {
  return new GuestwrightError('The console was not asked for as it can be', {
    kind: 'usage',
    code: 'console-query-invalid',
    expected: 'viewer=UUID, only=look, or nothing',
    seen,
  });
}

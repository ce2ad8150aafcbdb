/** Follows what happens on a host, from the log on. */
import { GuestwrightError } from '../../../sdk/errors.js';
import { hostEventSchema, isWanted, type EventQuery, type HostEvent } from '../host/events.js';
import type { HostClient } from './client.js';

/**
 * Those that the log has, then those that happen, each once. Ends only by throwing.
 * @throws GuestwrightError `infrastructure/host-unreachable`; what the host refuses
 */
export async function followEvents(
  client: HostClient,
  wanted: Partial<Pick<EventQuery, 'machine' | 'text'>>,
  onEvent: (event: HostEvent) => void,
): Promise<never> {
  // Connected before the log is read: nothing that happens in between is missing.
  const socket = await client.socket('/events/stream');
  let last = 0;
  const take = (event: HostEvent): void => {
    if (event.id <= last) return;
    last = event.id;
    if (isWanted(event, wanted)) onEvent(event);
  };
  const early: HostEvent[] = [];
  let isCaughtUp = false;
  socket.on('message', (data: Buffer) => {
    const read = hostEventSchema.safeParse(JSON.parse(data.toString()));
    // A host of a later release may tell what this one does not know.
    if (!read.success) return;
    if (isCaughtUp) take(read.data);
    else early.push(read.data);
  });
  const ended = new Promise<string>((resolve) => {
    socket.once('close', (code: number, reason: Buffer) => resolve(reason.toString() || `closed (${code})`));
    socket.once('error', (error) => resolve(error.message));
  });
  try {
    for (const event of await client.call('searchEvents', { query: wanted })) take(event);
    for (const event of early) take(event);
    isCaughtUp = true;
    const seen = await ended;
    throw new GuestwrightError(`The host ${client.url} tells no more`, {
      kind: 'infrastructure',
      code: 'host-unreachable',
      expected: 'events as they happen',
      seen,
      next: 'see whether it is still served',
    });
  } finally {
    socket.terminate();
  }
}

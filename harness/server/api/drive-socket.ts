/** The WebSocket over which a scenario drives a machine of its own: it is made when the socket opens, and goes with it. */
import { z } from 'zod';
import { GuestwrightError } from '../../../sdk/errors.js';
import { fromJson, toJson } from '../bytes-json.js';
import { numbered } from '../drive/requests.js';
import { toldFailure } from '../machines/told-failure.js';
import { calls } from '../process/protocol.js';
import type { OpenSocket } from './socket-handlers.js';

const driveQuery = z.strictObject({
  /** Of the machine, by name or id. Default: as it is now. */
  snapshot: z.string().min(1).max(200).nullable().default(null),
  /** What the event log calls the scenario. */
  title: z.string().min(1).max(200).default('a scenario'),
});

/** @throws GuestwrightError `usage/query-invalid` */
export async function driveMachine({ socket, host, name, caller, query }: OpenSocket): Promise<void> {
  const { name: by } = caller;
  const read = driveQuery.safeParse(query);
  if (!read.success) throw queryInvalid(read.error.message);
  const isOpen = (): boolean => socket.readyState === socket.OPEN;
  const send = (value: unknown): void => {
    if (isOpen()) socket.send(toJson(value));
  };
  send({ step: `Making a machine of ${name}` });
  let machine;
  try {
    machine = await host.scratch(name, read.data, by);
  } catch (error) {
    send({ refused: toldFailure(error) });
    socket.close();
    return;
  }
  const scratch = machine.config.name;
  const { connection } = machine;
  const stop = machine.onEngine((event) => send({ event: fromJson(event) }));
  const end = (): void => {
    stop();
    void host.endScratch(scratch, by).catch((error: unknown) => {
      host.events.add({ machine: name, kind: 'failed', by, detail: toldFailure(error).message });
    });
  };
  // It may have gone while its machine was made.
  if (!isOpen()) {
    end();
    return;
  }
  socket.on('close', end);
  void connection.closed.then(() => socket.close(1011, 'the machine has ended'));
  socket.on('message', (data: Buffer) => {
    const read = numbered.safeParse(parsed(data.toString()));
    if (!read.success) {
      socket.close(1008, 'a request with a number is expected');
      return;
    }
    const { id, request } = read.data;
    connection.call(calls.drive, { request: toJson(request) }).then(
      (answer) => send({ id, ...(fromJson(answer) as object) }),
      (error: unknown) => send({ id, failure: toldFailure(error) }),
    );
  });
  try {
    send({ ready: fromJson(await connection.call(calls.driven)) });
  } catch (error) {
    if (!(error instanceof GuestwrightError)) throw error;
    send({ refused: toldFailure(error) });
    socket.close();
  }
}

function parsed(text: string): unknown {
  try {
    return fromJson(text);
  } catch {
    return null;
  }
}

function queryInvalid(seen: string): GuestwrightError {
  return new GuestwrightError('The query is not valid', {
    kind: 'usage',
    code: 'query-invalid',
    expected: 'snapshot and title, as text',
    seen,
  });
}

/**
 * A serial port over a WebSocket: binary messages are what the guest sends, and what is sent to it. A text message
 * `{"kind":"again"}` says that the machine went back to a snapshot, or was rebuilt: what was shown before is not of this run;
 * `{"kind":"refused","message":…}` that nothing of what is sent reaches the guest: somebody else has control of it, or the sender
 * may only look. It is said once, until something is taken.
 */
import type { WebSocket } from 'ws';
import { GuestwrightError } from '../../../sdk/errors.js';
import type { Host } from '../host/host.js';
import type { SerialPlace } from '../process/serial-output.js';

export interface SerialSocket {
  host: Host;
  socket: WebSocket;
  name: string;
  port: number;
  /** Who sends; null: somebody who may only look. */
  by: string | null;
}

/** Bytes that wait to be taken by the guest: who sends more at once is cut off. */
const MOST_WAITING = 256 * 1024;
/** WebSocket close codes. */
const GONE = 1001;
const REFUSED = 1008;
const TOO_MUCH = 1009;

/** Resolves when it is closed. Whoever is slow gets what comes later, not more at once. */
export async function followSerial({ host, socket, name, port, by }: SerialSocket): Promise<void> {
  if (by === null) refuseInput(socket, name);
  else takeInput({ host, socket, name, port, by });
  let at: SerialPlace | null = null;
  try {
    while (socket.readyState === socket.OPEN) {
      const piece = await host.serialSince(name, { port, at });
      if (piece.again) await sent(socket, JSON.stringify({ kind: 'again' }));
      if (piece.data !== '') await sent(socket, Buffer.from(piece.data, 'base64'));
      at = piece.at;
    }
  } catch (error) {
    if (!(error instanceof GuestwrightError)) throw error;
    socket.close(error.code === 'machine-not-running' ? GONE : REFUSED, error.message.split('\n')[0]?.slice(0, 100));
  }
}

function refuseInput(socket: WebSocket, name: string): void {
  const message = `the right to execute on ${name} is missing`;
  socket.once('message', () => socket.send(JSON.stringify({ kind: 'refused', message })));
}

function takeInput({ host, socket, name, port, by }: SerialSocket & { by: string }): void {
  let waiting = 0;
  let isRefused = false;
  let turn: Promise<void> = Promise.resolve();
  socket.on('message', (message: Buffer) => {
    waiting += message.length;
    if (waiting > MOST_WAITING) {
      socket.close(TOO_MUCH, 'The guest does not take so much at once');
      return;
    }
    turn = turn
      .then(async () => {
        await host.serialWrite(name, port, message.toString('base64'), by);
        isRefused = false;
      })
      .catch((error: unknown) => {
        // A machine that is off or paused hears nothing.
        const refuses = error instanceof GuestwrightError && error.code === 'control-held';
        if (refuses && !isRefused) socket.send(JSON.stringify({ kind: 'refused', message: error.message }));
        isRefused ||= refuses;
      })
      .finally(() => (waiting -= message.length));
  });
}

async function sent(socket: WebSocket, data: string | Buffer): Promise<void> {
  // One that is closed meanwhile is seen by its state.
  await new Promise<void>((resolve) => socket.send(data, () => resolve()));
}

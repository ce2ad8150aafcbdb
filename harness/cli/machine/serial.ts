/**
 * `guestwright machine serial`: a machine's serial port in this terminal, bytes both ways, escape sequences included. Without
 * a terminal the guest's output goes to standard output, as into a log.
 */
import type WebSocket from 'ws';
import { z } from 'zod';
import { GuestwrightError } from '../../../sdk/errors.js';
import { serialPort } from '../../server/process/serial-output.js';
import { LEAVE } from '../open/session.js';
import { Terminal } from '../open/terminal.js';
import { hostClient } from './on-host.js';

export interface SerialFlags {
  host?: string;
  port: string;
}

/** Of a WebSocket: the host has ended it with words, as it does when the machine has ended. */
const GONE = 1001;

const told = z.object({ kind: z.string(), message: z.string().optional() });

type End = { kind: 'left' } | { kind: 'closed'; code: number; reason: string };

/**
 * Until Ctrl-] (without a terminal: Ctrl+C), or the machine's end.
 * @throws GuestwrightError `usage/serial-port-invalid`, what the host says of the machine, `infrastructure/serial-ended`
 */
export async function attachSerial(machine: string, flags: SerialFlags): Promise<void> {
  const port = serialPort.safeParse(flags.port);
  if (!port.success) throw portInvalid(flags.port);
  const client = await hostClient(flags);
  // Whether it is there, runs and may be read is said by this call, as by any other.
  await client.call('describeControl', { params: { name: machine } });
  const socket = await client.socket(`/machines/${encodeURIComponent(machine)}/serial?port=${port.data}`);
  try {
    const isTerminal = process.stdin.isTTY && process.stdout.isTTY;
    const end = isTerminal ? await inTerminal(machine, socket) : await untilEnd(socket, onSignals);
    if (end.kind === 'closed' && end.code !== GONE) throw ended(client.url, end);
    process.stderr.write(end.kind === 'left' ? `Left ${machine}, which runs on.\n` : `${end.reason}.\n`);
  } finally {
    socket.terminate();
  }
}

async function inTerminal(machine: string, socket: WebSocket): Promise<End> {
  process.stderr.write(`Serial port of ${machine}. Ctrl-] leaves.\n`);
  using terminal = new Terminal(process.stdin, process.stdout, { alternate: false });
  return await untilEnd(socket, (leave) => {
    terminal.onKeys((keys) => {
      const end = keys.indexOf(LEAVE);
      const typed = end === -1 ? keys : keys.slice(0, end);
      if (typed !== '') socket.send(Buffer.from(typed));
      if (end !== -1) leave();
    });
    terminal.onEnd(leave);
    onSignals(leave);
  });
}

async function untilEnd(socket: WebSocket, onLeave: (leave: () => void) => void): Promise<End> {
  return await new Promise<End>((resolve) => {
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      if (isBinary) process.stdout.write(data);
      else say(JSON.parse(data.toString()));
    });
    socket.on('close', (code: number, reason: Buffer) => resolve({ kind: 'closed', code, reason: reason.toString() }));
    // What comes after an error is its close.
    socket.on('error', () => undefined);
    onLeave(() => resolve({ kind: 'left' }));
  });
}

function onSignals(leave: () => void): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, leave);
}

/** A host of a later release may tell what this one does not know. */
function say(message: unknown): void {
  const { kind, message: words = '' } = told.catch({ kind: '' }).parse(message);
  if (kind === 'again') process.stderr.write('\r\n[The machine went back to a snapshot, or was rebuilt.]\r\n');
  if (kind === 'refused') process.stderr.write(`\r\n[Your keys do not reach the guest: ${words.split('\n')[0]}]\r\n`);
}

function portInvalid(seen: string): GuestwrightError {
  return new GuestwrightError('--port names no serial port', {
    kind: 'usage',
    code: 'serial-port-invalid',
    expected: 'a number from 0 to 3',
    seen,
  });
}

function ended(url: string, { code, reason }: { code: number; reason: string }): GuestwrightError {
  return new GuestwrightError(`The host ${url} sends no more of the serial port`, {
    kind: 'infrastructure',
    code: 'serial-ended',
    expected: 'what the guest sends, until the machine ends',
    seen: reason === '' ? `closed (${code})` : reason,
    next: 'see whether it is still served: guestwright machine list',
  });
}

/** What each WebSocket of the API does, once it is open. Whether the caller may was decided before. */
import type { WebSocket } from 'ws';
import type { Host } from '../host/host.js';
import { serialPort } from '../process/serial-output.js';
import type { Caller } from './access.js';
import { driveMachine } from './drive-socket.js';
import { openConsole } from './console.js';
import { may } from './rights.js';
import { followSerial } from './serial-socket.js';
import type { SocketName } from './sockets.js';

export interface OpenSocket {
  host: Host;
  socket: WebSocket;
  /** Its rights are as they were when it connected: when they change the WebSocket is closed. */
  caller: Caller;
  /** Of the machine in the path; an empty string where there is none. */
  name: string;
  /** Without the ticket. Untrusted. */
  query: Readonly<Record<string, unknown>>;
}

/** Listens to the socket before it first waits: messages come at once. What it throws closes the WebSocket with the reason. */
type SocketHandler = (open: OpenSocket) => void | Promise<void>;

export const SOCKET_HANDLERS: Readonly<Record<SocketName, SocketHandler>> = {
  followEvents: ({ host, socket, caller }) => {
    const stop = host.events.follow((event) => {
      if (may(caller.grants, 'read', event.machine)) socket.send(JSON.stringify(event));
    });
    socket.on('close', stop);
  },
  driveMachine,
  openConsole,
  serialPort: async ({ host, socket, caller, name, query }) => {
    const port = serialPort.parse(query['port'] ?? 0);
    const by = may(caller.grants, 'execute', name) ? caller.name : null;
    await followSerial({ host, socket, name, port, by });
  },
};

/**
 * Every WebSocket of a host's API, and the right that it needs. Who connects shows a token in the header `Authorization`, or,
 * as a page has to, a ticket of the call `makeTicket` as `?ticket=…`.
 */
import type { Right } from './rights.js';

export interface SocketContract {
  /** Below `/api/v1`. The machine as `:name`. */
  path: string;
  summary: string;
  /** On the machine `:name` where there is one in the path, else on the host; `any`: a token is enough. */
  right: Right | 'any';
}

export const SOCKETS = {
  followEvents: {
    path: '/events/stream',
    summary: 'What happens, of machines that the caller may read: an event in each message, as JSON',
    right: 'any',
  },
  driveMachine: {
    path: '/machines/:name/drive',
    summary: 'A copy of the machine for a scenario, which goes when the WebSocket does: `?snapshot=…&title=…`',
    right: 'execute',
  },
  openConsole: {
    path: '/machines/:name/console',
    summary:
      'The screen of a machine that runs, its keyboard and mouse: RFB in binary messages. `viewer` (a UUID) names the viewer, ' +
      '`only=look` is for one that never takes control. Keys and clicks need the right `execute`',
    right: 'read',
  },
  serialPort: {
    path: '/machines/:name/serial',
    summary: 'A serial port (`?port=`, default 0): bytes from the guest, and, with the right `execute`, to it',
    right: 'read',
  },
} as const satisfies Record<string, SocketContract>;

export type SocketName = keyof typeof SOCKETS;

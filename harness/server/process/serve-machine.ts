/** Answers whoever is connected to the process of a machine: usually one daemon. */
import { rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import {
  createMessageConnection,
  ResponseError,
  SocketMessageReader,
  SocketMessageWriter,
  type MessageConnection,
} from 'vscode-jsonrpc/node';
import { GuestwrightError } from '../../../sdk/errors.js';
import type { HostedMachine } from './hosted-machine.js';
import { calls, controlTake, handling, mediumChange, news, type ToldFailure } from './protocol.js';
import type { Control } from '../remote/control.js';
import type { MachineStatus } from '../machines/status.js';

export interface MachineServer extends AsyncDisposable {
  status(status: MachineStatus): void;
  engine(event: string): void;
  event(kind: string, detail: string | null, by?: string | null): void;
}

export async function serveMachine(
  socketPath: string,
  machine: HostedMachine,
  control: Control,
): Promise<MachineServer> {
  const connections = new Set<MessageConnection>();
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const connection = answer(socket, machine, control);
    connections.add(connection);
    sockets.add(socket);
    connection.onDispose(() => {
      connections.delete(connection);
      if (connections.size === 0) machine.leftAlone();
    });
    connection.onClose(() => {
      sockets.delete(socket);
      connection.dispose();
    });
    connection.listen();
  });
  // Whoever holds the lease is the only one: a socket that is there was left by one that was killed.
  rmSync(socketPath, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socketPath, resolve);
  });
  const tell = (what: (connection: MessageConnection) => Promise<void>): void => {
    // Who has just gone is told nothing.
    for (const connection of connections) what(connection).catch(() => undefined);
  };
  return {
    status: (status) => tell((connection) => connection.sendNotification(news.status, status)),
    engine: (event) => tell((connection) => connection.sendNotification(news.engine, { event })),
    event: (kind, detail, by = null) =>
      tell((connection) => connection.sendNotification(news.event, { kind, detail, by })),
    async [Symbol.asyncDispose]() {
      // Nobody is waited for, however slow or dead. Whose answer is lost looks at the status, which is written by now.
      for (const socket of sockets) socket.destroySoon();
      server.close();
      await setImmediate();
    },
  };
}

function answer(socket: Socket, machine: HostedMachine, control: Control): MessageConnection {
  socket.on('error', () => socket.destroy());
  const connection = createMessageConnection(new SocketMessageReader(socket), new SocketMessageWriter(socket));
  const done = async (work: Promise<unknown>): Promise<null> => {
    await work;
    return null;
  };
  connection.onRequest(calls.cancel, () => machine.cancel());
  connection.onRequest(calls.live, () => told(() => Promise.resolve(machine.live())));
  connection.onRequest(calls.look, () => told(() => machine.look()));
  connection.onRequest(calls.pause, () => told(() => done(machine.pause())));
  connection.onRequest(calls.resume, () => told(() => done(machine.resume())));
  connection.onRequest(calls.reset, () => told(() => done(machine.reset())));
  connection.onRequest(calls.pressPowerButton, () => told(() => done(machine.pressPowerButton())));
  connection.onRequest(calls.powerOff, () => told(() => done(machine.powerOff())));
  connection.onRequest(calls.saveState, () => told(() => done(machine.saveState())));
  connection.onRequest(calls.snapshot, ({ name }) => told(() => machine.snapshot(name)));
  connection.onRequest(calls.revert, ({ id }) => told(() => done(machine.revert(id))));
  connection.onRequest(calls.removeSnapshot, ({ id }) => told(() => done(machine.removeSnapshot(id))));
  connection.onRequest(calls.insert, (given) => told(() => done(machine.insert(mediumChange.parse(given)))));
  connection.onRequest(calls.driven, () => told(() => machine.driven()));
  connection.onRequest(calls.drive, ({ request }) => told(() => machine.drive(request)));
  connection.onRequest(calls.abandon, () => told(() => done(machine.abandon())));
  connection.onRequest(calls.handle, ({ by, force, ...given }) =>
    told(async () => {
      control.assertFree(by, { force });
      return await done(machine.handle(handling.parse(given.handling)));
    }),
  );
  connection.onRequest(calls.control, () => told(() => Promise.resolve(control.state)));
  connection.onRequest(calls.takeControl, (given) =>
    told(() => {
      const { by, viewer, force } = controlTake.parse(given);
      control.take({ by, viewer }, { force });
      return Promise.resolve(control.state);
    }),
  );
  connection.onRequest(calls.releaseControl, ({ by, force }) =>
    told(() => {
      control.release(by, { force });
      return Promise.resolve(control.state);
    }),
  );
  connection.onRequest(calls.thumbnail, (query) => told(() => machine.thumbnails.of(query)));
  connection.onRequest(calls.serialSince, (question) => told(() => machine.serialSince(question)));
  connection.onRequest(calls.serialWrite, ({ by, ...given }) =>
    told(async () => {
      control.assertFree(by, { force: false });
      return await done(machine.serialWrite(given));
    }),
  );
  return connection;
}

/** Failures cross as data. */
async function told<T>(work: () => Promise<T>): Promise<T | ResponseError<ToldFailure>> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof GuestwrightError)) throw error;
    return new ResponseError(1, error.message, { failure: error.failure, message: error.message });
  }
}

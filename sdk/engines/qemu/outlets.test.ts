import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { failureOf } from '../../machine/fake-machine.test.helper.js';
import type { PortOutlet } from '../engine.js';
import { PortOutlets } from './outlets.js';
import { makeFifos } from './serial-pipes.js';
import { SerialPort } from './serial-port.js';

let folder: string;
let outlets: PortOutlets;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gw-out-'));
  outlets = new PortOutlets();
});
afterEach(async () => {
  await outlets.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A port whose guest is this test: `send` is what it sends, `heard` what it gets. */
function portOf(): {
  port: SerialPort;
  send: (text: string) => Promise<void>;
  heard: (length: number) => Promise<string>;
} {
  const fromGuest = new PassThrough();
  const toGuest = new PassThrough();
  const port: SerialPort = new SerialPort(() => outlets.feed(port));
  port.connect({ fromGuest: fromGuest as unknown as Socket, toGuest: toGuest as unknown as Socket });
  return {
    port,
    send: async (text) => {
      const before = port.length;
      fromGuest.write(text);
      while (port.length < before + text.length) await once(fromGuest, 'data');
    },
    heard: async (length) => await take(toGuest, length),
  };
}

/** The next bytes of a stream. */
async function take(stream: Readable, length: number): Promise<string> {
  let text = '';
  for await (const data of stream.iterator({ destroyOnReturn: false })) {
    text += String(data);
    if (text.length >= length) return text;
  }
  return text;
}

const to = (kind: PortOutlet['to']['kind'], name: string): PortOutlet['to'] => ({ kind, path: join(folder, name) });

test.skipIf(process.platform === 'win32')(
  'a socket carries both ways, for one client after the other; what is sent before there is one waits for it',
  async () => {
    const { port, send, heard } = portOf();
    await outlets.open([{ to: to('socket', 's'), port }]);
    await send('early ');
    const first = connect(join(folder, 's'));
    expect(await take(first, 6)).toBe('early ');
    await send('late');
    expect(await take(first, 4)).toBe('late');
    first.write('typed');
    expect(await heard(5)).toBe('typed');

    const second = connect(join(folder, 's'));
    await once(second, 'close');
    first.destroy();
    await once(first, 'close');
    await send(' between');
    // The first has gone from the other side's view as soon as a third is not sent away.
    for (;;) {
      const third = connect(join(folder, 's'));
      const text = await take(third, 8).catch(() => '');
      third.destroy();
      if (text !== '') {
        expect(text).toBe(' between');
        break;
      }
    }
    await outlets.close();
    expect(readdirSync(folder)).toEqual([]);
  },
);

test.skipIf(process.platform === 'win32')(
  'a client that reads slowly gets everything, and after a revert only what is new',
  async () => {
    const { port, send } = portOf();
    await outlets.open([{ to: to('socket', 's'), port }]);
    const client = connect(join(folder, 's'));
    await once(client, 'connect');
    const much = 'x'.repeat(3_000_000);
    await send(much);
    expect(await take(client, much.length)).toBe(much);
    port.replace(new Uint8Array());
    outlets.rewind();
    await send('anew');
    expect(await take(client, 4)).toBe('anew');
    client.destroy();
  },
);

test.skipIf(process.platform === 'win32')('named pipes carry both ways, and those that were there stay', async () => {
  const one = portOf();
  const two = portOf();
  await makeFifos([join(folder, 'mine.in'), join(folder, 'mine.out')]);
  await outlets.open([
    { to: to('pipe', 'made'), port: one.port },
    { to: to('pipe', 'mine'), port: two.port },
  ]);
  await one.send('sent before anybody reads');
  const reading = await open(join(folder, 'made.out'), 'r');
  const { buffer } = await reading.read(Buffer.alloc(25), 0, 25);
  expect(buffer.toString()).toBe('sent before anybody reads');
  await reading.close();
  for (const text of ['one writer', 'the next!!']) {
    writeFileSync(join(folder, 'made.in'), text);
    expect(await one.heard(10)).toBe(text);
  }
  await outlets.close();
  expect(readdirSync(folder).sort()).toEqual(['mine.in', 'mine.out']);
});

test.skipIf(process.platform === 'win32')(
  'a path that cannot be had is refused, and nothing is left of the others',
  async () => {
    const { port } = portOf();
    mkdirSync(join(folder, 'folder'));
    writeFileSync(join(folder, 'file'), 'kept');
    const server = createServer().listen(join(folder, 'busy'));
    await once(server, 'listening');
    const codes: string[] = [];
    for (const wrong of [
      to('file', 'none/x'),
      to('file', 'folder'),
      to('file', 'busy'),
      to('socket', 'file'),
      to('socket', 'busy'),
      to('socket', 'x'.repeat(120)),
      to('socket', 'file/x'),
    ]) {
      const { code } = await failureOf(
        outlets.open([
          { to: to('socket', 'first'), port: portOf().port },
          { to: wrong, port },
        ]),
      );
      codes.push(code);
    }
    writeFileSync(join(folder, 'half.out'), '');
    codes.push((await failureOf(outlets.open([{ to: to('pipe', 'half'), port }]))).code);
    server.close();
    expect(codes).toEqual([
      'port-folder-missing',
      'port-path-taken',
      'port-path-taken',
      'port-path-taken',
      'port-path-taken',
      'port-path-too-long',
      'port-folder-missing',
      'port-path-taken',
    ]);
    expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('kept');
    expect(existsSync(join(folder, 'half.in')) || existsSync(join(folder, 'first'))).toBe(false);
  },
);

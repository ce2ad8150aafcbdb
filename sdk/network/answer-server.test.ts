import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AnswerServer } from './answer-server.js';
import { ACK, addressBytes, FIN, RST } from './frames.js';
import { CableEnd, GuestConnection } from './guest.test.helper.js';

let server: AnswerServer;
let cable: CableEnd;
let folder: string;
let port = 40_000;

beforeEach(async () => {
  server = await AnswerServer.start();
  cable = new CableEnd(server.sockets.guest);
  folder = mkdtempSync(join(tmpdir(), 'guestwright-test-http-'));
});
afterEach(async () => {
  cable.end();
  await server[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

async function connection(): Promise<GuestConnection> {
  const guest = new GuestConnection(cable, { address: addressBytes(server.address), port: server.port }, port++);
  await guest.open();
  return guest;
}

const request = (target: string, method = 'GET') =>
  `${method} ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`;

interface Answer {
  status: number;
  body: string;
  length: number;
}

function answerIn(text: string): Answer {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  return {
    status: Number(/^HTTP\/1\.1 (\d+) /.exec(head)?.[1]),
    body: rest.join('\r\n\r\n'),
    length: Number(/^Content-Length: (\d+)$/im.exec(head)?.[1]),
  };
}

/** A request on a connection of its own, as installers make it. */
async function ask(target: string, method = 'GET'): Promise<Answer> {
  const guest = await connection();
  guest.ask(request(target, method));
  return answerIn(await guest.rest());
}

test('bytes are served as they were when they were given, a Buffer too', async () => {
  for (const bytes of [Buffer.from('first'), new TextEncoder().encode('first')]) {
    server.serve('bytes', bytes);
    bytes.fill(120);
    expect((await ask('/bytes')).body).toBe('first');
  }
});

test('text, bytes and files are served, one request after the other', async () => {
  const file = join(folder, 'file');
  writeFileSync(file, 'first');
  server.serve('preseed.cfg', 'd-i\n');
  server.serve('seed/user-data', new TextEncoder().encode('#cloud-config\n'));
  server.serve('file', { file });
  expect(await ask('/preseed.cfg')).toEqual({ status: 200, body: 'd-i\n', length: 4 });
  expect(await ask('/seed/user-data')).toEqual({ status: 200, body: '#cloud-config\n', length: 14 });
  expect((await ask('/file')).body).toBe('first');
  writeFileSync(file, 'second');
  expect((await ask('/file')).body).toBe('second');
  expect(await ask('/file', 'HEAD')).toEqual({ status: 200, body: '', length: 6 });
  expect((await ask('/nothing')).status).toBe(404);
  expect((await ask('/file', 'POST')).status).toBe(405);
  expect(server.requests.map(({ method, target, status, bytes }) => `${method} ${target} ${status} ${bytes}`)).toEqual([
    ...['GET /preseed.cfg 200 4', 'GET /seed/user-data 200 14', 'GET /file 200 5', 'GET /file 200 6'],
    ...['HEAD /file 200 0', 'GET /nothing 404 0', 'POST /file 405 0'],
  ]);
});

test('two at once each get their own answer', async () => {
  const [a, b] = ['a'.repeat(300_000), 'b'.repeat(200_000)];
  server.serve('a', a);
  writeFileSync(join(folder, 'b'), b);
  server.serve('b', { file: join(folder, 'b') });
  const [first, second] = [await connection(), await connection()];
  // The one that was opened last asks first, and in two pieces, with the other's request between them.
  const text = request('/b');
  second.ask(text.slice(0, 9));
  first.ask(request('/a'));
  second.ask(text.slice(9));
  const [one, two] = await Promise.all([first.rest(), second.rest()]);
  expect(answerIn(one).body === a).toBe(true);
  expect(answerIn(two).body === b).toBe(true);
});

test('a connection that is kept open is answered again', async () => {
  server.serve('a', 'one');
  const guest = await connection();
  guest.ask('GET /a HTTP/1.1\r\nHost: x\r\n\r\n');
  guest.ask(request('/a'));
  const text = await guest.rest();
  expect(text.match(/one/g)?.length).toBe(2);
});

test('what is no HTTP, a request that is broken off, and a guest that goes, harm nobody', async () => {
  const nonsense = await connection();
  nonsense.ask('\u0016\u0003\u0001 anything\r\n\r\n');
  await expect(nonsense.rest()).rejects.toThrow('broken off');
  const half = await connection();
  half.ask('GET /a HT');
  half.say(ACK | FIN);
  writeFileSync(join(folder, 'large'), Buffer.alloc(1_000_000));
  server.serve('large', { file: join(folder, 'large') });
  const gone = await connection();
  gone.ask(request('/large'));
  while ((await gone.hear()).data.length === 0);
  gone.say(RST);
  server.serve('a', 'still here');
  expect((await ask('/a')).body).toBe('still here');
});

test('of a folder nothing is served that lies outside of it', async () => {
  const shared = join(folder, 'shared');
  mkdirSync(join(shared, 'sub'), { recursive: true });
  writeFileSync(join(folder, 'outside'), 'secret');
  writeFileSync(join(shared, 'sub', 'inside'), 'for all');
  symlinkSync(join(folder, 'outside'), join(shared, 'link'));
  symlinkSync(join(shared, 'sub', 'inside'), join(shared, 'inner'));
  server.serveFolder(shared);
  const answers: number[] = [];
  for (const target of ['/sub/inside', '/inner', '/link', '/../outside', '/%2e%2e/outside', '/sub', '/']) {
    answers.push((await ask(target)).status);
  }
  expect(answers).toEqual([200, 200, 404, 400, 400, 404, 404]);
});

test('what is served by name goes before the folder, and listeners are told', async () => {
  writeFileSync(join(folder, 'both'), 'of the folder');
  server.serveFolder(folder);
  server.serve('both', 'by name');
  const told: string[] = [];
  const off = server.onRequest(({ target, status }) => told.push(`${target} ${status}`));
  expect((await ask('/both')).body).toBe('by name');
  off();
  await ask('/both');
  expect(told).toEqual(['/both 200']);
});

test('names and addresses', () => {
  expect(server.url('a b/c')).toBe('http://10.0.2.100/a%20b/c');
  expect(server.variables).toEqual({ HTTPIP: '10.0.2.100', HTTPPort: '80' });
  for (const name of ['', '/x', '../x', 'a\\b']) expect(() => server.serve(name, '')).toThrow(/not valid/);
});

test('nothing is left of it, also in the middle of an answer', async () => {
  server.serve('a', 'a'.repeat(1_000_000));
  const guest = await connection();
  guest.ask(request('/a'));
  const { closed } = cable;
  await server[Symbol.asyncDispose]();
  await closed;
  expect(existsSync(server.sockets.guest)).toBe(false);
});

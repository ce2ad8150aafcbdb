/** The server, seen by a viewer that was written apart from it. */
import { createServer, createConnection, type Socket } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCipheriv } from 'node:crypto';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ScreenBoard } from './screen-board.js';
import { RfbSession, type SessionEnd, type ViewerInput } from './session.js';
import { FORMATS, TestViewer, type TestFormat } from './viewer.test.helper.js';

const RAW = 0;
const COPY = 1;
const ZRLE = 16;

let folder = '';
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'guestwright-test-rfb-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Seen {
  viewer: TestViewer;
  inputs: ViewerInput[];
  end: Promise<SessionEnd>;
  session: Socket;
}

async function connected(board: ScreenBoard, password: string | null = null): Promise<Seen> {
  const path = join(folder, `${Math.random()}`);
  const inputs: ViewerInput[] = [];
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const socket = createConnection(path);
  const [session] = (await once(server, 'connection')) as [Socket];
  server.close();
  const end = new RfbSession({
    stream: session,
    board,
    name: 'a screen',
    password,
    onInput: (input) => inputs.push(input),
  }).run();
  return { viewer: new TestViewer(socket), inputs, end, session };
}

/** Text-like, photo-like, and plain parts, so that every form of a tile comes up. */
function picture(width: number, height: number, seed = 1): Uint8Array {
  const rgba = new Uint8Array(4 * width * height);
  let random = seed;
  const next = (): number => (random = (Math.imul(random, 1_103_515_245) + 12_345) >>> 0) >>> 16;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const kind = (Math.floor(x / 64) + 3 * Math.floor(y / 64)) % 7;
      const colours = [1, 2, 4, 13, 90, 256, 2][kind] ?? 1;
      const value = kind === 6 ? Number(x % 40 < 37) : next() % colours;
      const run = kind === 4 && x % 5 !== 0 ? rgba[4 * (y * width + x - 1)] : undefined;
      const red = run ?? (value * 97 + kind * 31) & 0xff;
      rgba.set([red, (red * 7) & 0xff, kind === 5 ? next() & 0xff : red >> 1, 255], 4 * (y * width + x));
    }
  }
  return rgba;
}

/** As a viewer of this format has it. */
function expected(rgba: Uint8Array, { trueColour, max }: TestFormat): Buffer {
  const rgb = Buffer.alloc((rgba.length / 4) * 3);
  const tops = trueColour ? max : [7, 7, 3];
  for (let i = 0; i < rgba.length / 4; i++) {
    for (let part = 0; part < 3; part++) {
      const top = tops[part] ?? 1;
      const value = Math.round(((rgba[4 * i + part] ?? 0) * top) / 255);
      rgb[3 * i + part] = trueColour ? Math.round(value * (255 / top)) : Math.round((value / top) * 65_535) >> 8;
    }
  }
  return rgb;
}

const boardOf = (width: number, height: number, rgba: Uint8Array): ScreenBoard => {
  const board = new ScreenBoard(width, height);
  board.show(width, height, rgba);
  return board;
};

test.each(['003.003', '003.005', '003.007', '003.008', '003.889'])('a viewer of RFB %s is let in', async (version) => {
  const { viewer } = await connected(new ScreenBoard(20, 10));
  expect(await viewer.begin(`RFB ${version}\n`)).toBe(1);
  expect([viewer.width, viewer.height, viewer.name]).toEqual([20, 10, 'a screen']);
  viewer.stream.destroy();
});

test.each(['003.003', '003.007', '003.008'])('RFB %s: only who knows the password is let in', async (version) => {
  const answer = (password: string) => (challenge: Buffer) => {
    const turned = Buffer.from(password.padEnd(8, '\0')).map((byte) =>
      Number.parseInt(Array.from(byte.toString(2).padStart(8, '0')).reverse().join(''), 2),
    );
    const des = createCipheriv('des-ede3', Buffer.concat([turned, turned, turned]), null).setAutoPadding(false);
    return des.update(challenge);
  };
  const right = await connected(new ScreenBoard(20, 10), 'secret12');
  expect(await right.viewer.begin(`RFB ${version}\n`, answer('secret12'))).toBe(2);
  right.viewer.stream.destroy();
  const wrong = await connected(new ScreenBoard(20, 10), 'secret12');
  await expect(wrong.viewer.begin(`RFB ${version}\n`, answer('secret13'))).rejects.toThrow('refused');
  expect(await wrong.end).toMatchObject({ kind: 'invalid', error: { code: 'rfb-password-wrong' } });
});

/** Of a specification: pass word and challenge of a known answer. */
test('the password is DES as every viewer has it', async () => {
  const { answerTo } = await import('./vnc-password.js');
  // NIST SP 800-17, table B.1: the key 0101010101010101 with the text 8000000000000000, its bits turned.
  const challenge = Buffer.concat([Buffer.from('8000000000000000', 'hex'), Buffer.from('4000000000000000', 'hex')]);
  expect(Buffer.from(answerTo(challenge, '\u0080'.repeat(8))).toString('hex')).toBe('95f8a5e5dd31d900dd7f121ca5015619');
});

for (const [encoding, name] of [
  [RAW, 'Raw'],
  [ZRLE, 'ZRLE'],
] as const) {
  test.each(Object.keys(FORMATS))(`${name}: the picture arrives pixel by pixel in %s`, async (formatName) => {
    const format = FORMATS[formatName] as TestFormat;
    const [width, height] = [450, 300];
    const rgba = picture(width, height);
    const board = boardOf(width, height, rgba);
    const { viewer } = await connected(board);
    await viewer.begin('RFB 003.008\n');
    viewer.setFormat(format);
    viewer.setEncodings(encoding);
    viewer.request(false);
    expect(new Set((await viewer.update()).encodings)).toEqual(new Set([encoding]));
    expect(viewer.rgb.equals(expected(rgba, format))).toBe(true);
    const second = picture(width, height, 77);
    board.show(width, height, second);
    viewer.request(true);
    await viewer.update();
    expect(viewer.rgb.equals(expected(second, format))).toBe(true);
    viewer.stream.destroy();
  });
}

test('only what has changed is sent, once to each viewer, and nothing while nothing changes', async () => {
  const rgba = picture(640, 400);
  const board = boardOf(640, 400, rgba);
  const [first, second] = [await connected(board), await connected(board)];
  for (const { viewer } of [first, second]) {
    await viewer.begin('RFB 003.008\n');
    viewer.request(false);
    expect((await viewer.update()).pixels).toBe(640 * 400);
    viewer.request(true);
  }
  let isAnswered = false;
  const next = first.viewer.update();
  void next.then(() => (isAnswered = true));
  // The same picture again is no change.
  board.show(640, 400, rgba.slice());
  first.viewer.fence(0x8000_0000, Buffer.from('x'));
  await vi.waitFor(() => expect(first.viewer.fences).toHaveLength(1));
  expect(isAnswered).toBe(false);
  rgba.fill(0, 4 * (100 * 640 + 300), 4 * (100 * 640 + 301));
  board.show(640, 400, rgba);
  expect((await next).pixels).toBe(64 * 16);
  expect((await second.viewer.update()).pixels).toBe(64 * 16);
  for (const { viewer } of [first, second]) {
    expect(viewer.rgb.equals(expected(rgba, FORMATS['32 bits'] as TestFormat))).toBe(true);
    viewer.stream.destroy();
  }
});

/** Rows that were `by` lower, or higher where it is below zero; what comes in is new. */
function scrolled(rgba: Uint8Array, width: number, by: number, { top = 0, bottom = 0 } = {}): Uint8Array {
  const next = rgba.slice();
  const [height, row] = [rgba.length / 4 / width, 4 * width];
  const [first, end] = [top, height - bottom];
  const [from, to] = by > 0 ? [first + by, first] : [first, first - by];
  next.copyWithin(to * row, from * row, (from + end - first - Math.abs(by)) * row);
  const fresh = by > 0 ? end - by : first;
  next.set(picture(width, Math.abs(by), 99), fresh * row);
  return next;
}

test.each([
  ['up by a line of text', 16, {}],
  ['down by three lines of pixels', -3, {}],
  ['up by half of it', 200, {}],
  ['between lines that stand', 16, { top: 48, bottom: 40 }],
])('a screen that has moved %s: what the viewer has is moved there', async (_name, by, stands) => {
  const [width, height] = [640, 400];
  const before = picture(width, height);
  const board = boardOf(width, height, before);
  const [mover, other] = [await connected(board), await connected(board)];
  for (const [{ viewer }, encodings] of [
    [mover, [ZRLE, COPY]],
    [other, [ZRLE]],
  ] as const) {
    await viewer.begin('RFB 003.008\n');
    viewer.setEncodings(...encodings);
    viewer.request(false);
    await viewer.update();
  }
  const after = scrolled(before, width, by, stands);
  board.show(width, height, after);
  for (const { viewer } of [mover, other]) viewer.request(true);
  const { encodings, pixels } = await mover.viewer.update();
  expect(encodings[0]).toBe(COPY);
  expect((await other.viewer.update()).encodings).not.toContain(COPY);
  // What is new, in whole tiles, at both ends.
  expect(pixels).toBeLessThanOrEqual(width * (Math.abs(by) + 4 * 16));
  for (const { viewer } of [mover, other]) {
    expect(viewer.rgb.equals(expected(after, FORMATS['32 bits'] as TestFormat))).toBe(true);
    viewer.stream.destroy();
  }
});

test('a viewer that has forgotten a part of its picture is sent it, not told to move it', async () => {
  const [width, height] = [640, 400];
  const before = picture(width, height);
  const board = boardOf(width, height, before);
  const { viewer } = await connected(board);
  await viewer.begin('RFB 003.008\n');
  viewer.setEncodings(ZRLE, COPY);
  viewer.request(false);
  await viewer.update();
  viewer.rgb.fill(0);
  board.show(width, height, scrolled(before, width, 16));
  viewer.request(false);
  expect(await viewer.update()).toEqual({ encodings: [ZRLE], pixels: width * height });
  viewer.stream.destroy();
});

test.each([
  ['DesktopSize', [ZRLE, -223]],
  ['ExtendedDesktopSize', [ZRLE, -308, -223]],
])('a guest that changes its mode: a viewer with %s follows', async (_name, encodings) => {
  const board = boardOf(320, 200, picture(320, 200));
  const { viewer } = await connected(board);
  await viewer.begin('RFB 003.008\n');
  viewer.setEncodings(...encodings);
  viewer.request(false);
  await viewer.update();
  const larger = picture(800, 600, 5);
  board.show(800, 600, larger);
  await viewer.until(() => viewer.rgb.equals(expected(larger, FORMATS['32 bits'] as TestFormat)));
  expect([viewer.width, viewer.height]).toEqual([800, 600]);
  viewer.stream.destroy();
});

test('a viewer that cannot follow a change of mode is sent what lies on the screen that it has', async () => {
  const board = boardOf(320, 200, picture(320, 200));
  const { viewer } = await connected(board);
  await viewer.begin('RFB 003.008\n');
  const larger = picture(800, 600, 5);
  board.show(800, 600, larger);
  viewer.request(false);
  await viewer.update();
  const row = (y: number): Buffer => viewer.rgb.subarray(3 * 320 * y, 3 * 320 * (y + 1));
  const whole = expected(larger, FORMATS['32 bits'] as TestFormat);
  for (const y of [0, 100, 199]) expect(row(y).equals(whole.subarray(3 * 800 * y, 3 * (800 * y + 320)))).toBe(true);
  viewer.stream.destroy();
});

test('a viewer that says much and asks for nothing is not told for ever', async () => {
  const { viewer } = await connected(new ScreenBoard(320, 200));
  await viewer.begin('RFB 003.008\n');
  viewer.setEncodings(RAW, -308);
  for (let i = 0; i < 2000; i++) viewer.write(Buffer.from([251, 0, 1, 64, 0, 200, 0, 0]));
  viewer.fence(0x8000_0000, Buffer.from('x'));
  viewer.request(true);
  const { encodings } = await viewer.update();
  expect(encodings.filter((one) => one === -308).length).toBeLessThan(20);
  viewer.stream.destroy();
});

test('a viewer that asks for another size is told that the guest decides', async () => {
  const { viewer } = await connected(new ScreenBoard(320, 200));
  await viewer.begin('RFB 003.008\n');
  viewer.setEncodings(RAW, -308);
  viewer.request(false);
  await viewer.update();
  viewer.write(251, 0, 4, 0, 3, 0, 1, 0, Buffer.alloc(16));
  viewer.request(true);
  await viewer.update();
  expect(viewer.sizes.at(-1)).toEqual({ reason: 1, status: 1, width: 320, height: 200 });
  viewer.stream.destroy();
});

test('keys come by their meaning or by their place, and the pointer with its buttons', async () => {
  const { viewer, inputs } = await connected(new ScreenBoard(320, 200));
  await viewer.begin('RFB 003.008\n');
  viewer.setEncodings(RAW, -258);
  viewer.request(false);
  await viewer.update();
  expect(viewer.takesScans).toBe(true);
  viewer.key(0x61, true);
  viewer.scan(0xcb, 0xff51, false);
  viewer.pointer(3, 700, 5);
  // Its clipboard is read past.
  viewer.write(6, 0, 0, 0, 0, 1, 0, 0, Buffer.alloc(65_536, 7));
  viewer.pointer(4, 5, 0);
  await vi.waitFor(() => expect(inputs).toHaveLength(4));
  expect(inputs).toEqual([
    { kind: 'key', keysym: 0x61, down: true, scan: null },
    { kind: 'key', keysym: 0xff51, down: false, scan: 0xcb },
    { kind: 'pointer', x: 3, y: 700, buttons: 5 },
    { kind: 'pointer', x: 4, y: 5, buttons: 0 },
  ]);
  viewer.stream.destroy();
});

test('a viewer that takes nothing costs no memory, and gets the last picture when it does', async () => {
  const board = new ScreenBoard(640, 400);
  const { viewer, session } = await connected(board);
  await viewer.begin('RFB 003.008\n');
  viewer.request(false);
  await viewer.update();
  let last: Uint8Array = new Uint8Array(0);
  let most = 0;
  for (let i = 0; i < 60; i++) {
    last = picture(640, 400, i + 2);
    board.show(640, 400, last);
    viewer.request(true);
    await new Promise((resolve) => setTimeout(resolve, 5));
    most = Math.max(most, session.writableLength);
  }
  // One update, of one picture.
  expect(most).toBeLessThan(640 * 400 * 4 + 100_000);
  await viewer.until(() => viewer.rgb.equals(expected(last, FORMATS['32 bits'] as TestFormat)));
  viewer.stream.destroy();
});

test.each<[string, Buffer]>([
  ['a message that does not exist', Buffer.of(99)],
  ['pixels of 24 bits', Buffer.of(0, 0, 0, 0, 24, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0)],
  ['a colour beyond its pixel', Buffer.of(0, 0, 0, 0, 16, 16, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0)],
  ['a fence of 65 bytes', Buffer.concat([Buffer.of(248, 0, 0, 0, 0, 0, 0, 0, 65), Buffer.alloc(65)])],
])('%s ends the connection', async (_name, bytes) => {
  const { viewer, end } = await connected(new ScreenBoard(20, 10));
  await viewer.begin('RFB 003.008\n');
  viewer.write(bytes);
  expect(await end).toMatchObject({ kind: 'invalid', error: { code: 'rfb-invalid' } });
  await vi.waitFor(() => {
    viewer.stream.resume();
    expect(viewer.hasEnded).toBe(true);
  });
});

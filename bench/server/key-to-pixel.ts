/**
 * From a key to its character in a viewer's picture, over the WebSocket of a host. With v86 without what the guest itself takes:
 * that is measured with the same guest, driven by the SDK, in the same run. With QEMU beside a viewer of QEMU's own VNC server.
 */
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import WebSocket, { createWebSocketStream } from 'ws';
import { echoingGuest } from '../../harness/e2e/tiny-guests.js';
import { ALL_GRANTS } from '../../harness/server/api/rights.js';
import { serveHost } from '../../harness/server/api/serve.js';
import { Tokens } from '../../harness/server/api/tokens.js';
import { Host } from '../../harness/server/host/host.js';
import { launch } from '../../sdk/machine/launch.js';
import { TestViewer } from '../../sdk/rfb/viewer.test.helper.js';
import type { Figures } from '../figures.js';
import { PlainQemu } from '../qemu/plain.js';

const KEYS = 60;
/** Milliseconds beyond the guest's own that 95 of 100 keys may take. */
const MOST_MS = 100;
const ZRLE = 16;
const KEYSYM = 0x78;
const GREETING = 'READY';
/** Pixels of a cell of a text screen. */
const CELL = { width: 9, height: 16 };
/** Of what is typed: below the words of the firmware and the greeting. */
const ROW = 3;

export async function keyToPixel(note: (line: string) => void): Promise<Figures> {
  const folder = await mkdtemp(join(tmpdir(), 'guestwright-bench-server-'));
  try {
    const floppy = join(folder, 'echo.img');
    await writeFile(floppy, echoingGuest());
    const own = await ofGuest(floppy);
    const all = await throughConsole(folder, 'v86', floppy);
    const guest = at(own, 0.5);
    note(`the guest's own time: ${guest.toFixed(1)} ms (median of ${own.length} keys)`);
    note(`through the console: ${at(all, 0.5).toFixed(1)} ms (median), ${at(all, 0.95).toFixed(1)} ms (p95)`);
    const figure = (share: number) => {
      const value = Math.max(0, at(all, share) - guest);
      return { value, unit: 'ms', baseline: MOST_MS, ratio: MOST_MS / Math.max(value, 1) };
    };
    return {
      'console.keyToPixel.p50': figure(0.5),
      'console.keyToPixel.p95': figure(0.95),
      ...(await ofQemu(folder, floppy, note)),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Baseline: the same guest on a QEMU that is looked at through its own VNC server, on a unix socket. */
async function ofQemu(folder: string, floppy: string, note: (line: string) => void): Promise<Figures> {
  const own = await throughOwnServer(folder, floppy);
  const ours = await throughConsole(folder, 'qemu', floppy);
  for (const [name, took] of [
    ["QEMU's own VNC server", own],
    ['the console of a QEMU machine', ours],
  ] as const) {
    note(`${name}: ${at(took, 0.5).toFixed(1)} ms (median), ${at(took, 0.95).toFixed(1)} ms (p95)`);
  }
  const figure = (share: number) => {
    const [value, baseline] = [at(ours, share), at(own, share)];
    return { value, unit: 'ms', baseline, ratio: baseline / value };
  };
  return { 'console.keyToPixel.qemu.p50': figure(0.5), 'console.keyToPixel.qemu.p95': figure(0.95) };
}

async function throughOwnServer(folder: string, floppy: string): Promise<number[]> {
  const path = join(folder, 'vnc');
  const qemu = await PlainQemu.start([
    ...['-m', '8', '-vnc', `unix:${path}`, '-boot', 'a'],
    ...['-drive', `if=floppy,format=raw,file=${floppy},snapshot=on`],
  ]);
  try {
    const ready = qemu.say('', 'ready');
    await qemu.command('cont');
    await ready;
    const socket = createConnection(path);
    await once(socket, 'connect');
    const took = await strikeAnywhere(new TestViewer(socket));
    socket.destroy();
    return took;
  } finally {
    await qemu.end();
  }
}

/** Of a sorted list. */
function at(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

/** Milliseconds of each key, sorted. */
async function ofGuest(floppy: string): Promise<number[]> {
  await using machine = await launch({ engine: 'v86', floppy, memory: 8, clock: 'paced' });
  await machine.screen.getByText(GREETING).waitFor();
  const took: number[] = [];
  for (let key = 1; key <= KEYS; key++) {
    const started = performance.now();
    const typed = 'x'.repeat(key);
    const pressed = machine.hands.key('KeyX', true).then(async () => await machine.hands.key('KeyX', false));
    await machine.screen.waitFor('the character', ({ grid }) => grid?.lines.at(ROW)?.trimEnd() === typed);
    took.push(performance.now() - started);
    await pressed;
  }
  return took.sort((a, b) => a - b);
}

async function throughConsole(folder: string, engine: 'v86' | 'qemu', floppy: string): Promise<number[]> {
  const home = join(folder, `host-${engine}`);
  await using host = await Host.open(home);
  const tokens = await Tokens.open(join(home, 'tokens.json'));
  const token = await tokens.make('bench', ALL_GRANTS);
  await using server = await serveHost(host, tokens, { address: '127.0.0.1', port: 0, tls: null });
  await host.create({ name: 'echo', spec: { engine, floppy, memory: 8 } }, null);
  await host.tasks.ended(host.start('echo', null).id);
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/api/v1/machines/echo/console`, {
    headers: { authorization: `Bearer ${token}` },
  });
  try {
    const viewer = new TestViewer(createWebSocketStream(socket));
    return engine === 'v86' ? await strike(viewer) : await strikeAnywhere(viewer);
  } finally {
    socket.terminate();
    await host.quit();
  }
}

async function strike(viewer: TestViewer): Promise<number[]> {
  await viewer.begin('RFB 003.008\n');
  viewer.setEncodings(ZRLE, -223);
  await viewer.until(() => viewer.width === 720 && isLit(viewer, 0, ROW - 1));
  return await strikeIn(viewer, ROW);
}

/** Wherever the firmware has left the cursor: the guest's greeting is the last that stands there, in a line of its own. */
async function strikeAnywhere(viewer: TestViewer): Promise<number[]> {
  await viewer.begin('RFB 003.008\n');
  viewer.setEncodings(ZRLE, -223);
  const lengthOf = (row: number): number => {
    let length = 0;
    while (length < 80 && isLit(viewer, length, row)) length++;
    return length;
  };
  const last = (): number => Array.from({ length: 25 }, (_, i) => 24 - i).find((row) => isLit(viewer, 0, row)) ?? 0;
  await viewer.until(() => viewer.width === 720 && viewer.height === 400 && lengthOf(last()) === GREETING.length);
  return await strikeIn(viewer, last() + 1);
}

async function strikeIn(viewer: TestViewer, row: number): Promise<number[]> {
  const took: number[] = [];
  for (let key = 0; key < KEYS; key++) {
    const started = performance.now();
    viewer.key(KEYSYM, true);
    viewer.key(KEYSYM, false);
    await viewer.until(() => isLit(viewer, key, row));
    took.push(performance.now() - started);
  }
  return took.sort((a, b) => a - b);
}

/** Whether there is something in a cell, above where its cursor would be. */
function isLit({ rgb, width }: TestViewer, column: number, row: number): boolean {
  for (let y = row * CELL.height; y < (row + 1) * CELL.height - 4; y++) {
    const from = 3 * (y * width + column * CELL.width);
    if (rgb.subarray(from, from + 3 * CELL.width).some((value) => value > 0)) return true;
  }
  return false;
}

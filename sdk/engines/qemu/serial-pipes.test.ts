import { closeSync, constants, mkdtempSync, openSync, readdirSync, readSync, rmSync, writeSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makePipes, openPipes, removePipes } from './serial-pipes.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'guestwright-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** As QEMU opens it; a write that would have to wait fails. */
function openAsQemu(file: string): number {
  return openSync(file, constants.O_RDWR | constants.O_NONBLOCK);
}

test.skipIf(process.platform === 'win32')(
  'a serial port sends 20,000 single bytes while nobody reads, and none is lost',
  async () => {
    const path = join(folder, 'serial0');
    await makePipes([path]);
    const [output, input] = [openAsQemu(`${path}.out`), openAsQemu(`${path}.in`)];
    const { fromGuest, toGuest } = openPipes(path);
    await removePipes([path]);
    expect(readdirSync(folder)).toEqual([]);
    for (let i = 0; i < 20_000; i++) writeSync(output, Uint8Array.of(i % 251));

    toGuest.end('typed');
    await once(toGuest, 'close');
    const typed = Buffer.alloc(10);
    expect(typed.toString('latin1', 0, readSync(input, typed))).toBe('typed');

    closeSync(output);
    closeSync(input);
    const received: Buffer[] = [];
    fromGuest.on('data', (data: Buffer) => received.push(data));
    await once(fromGuest, 'close');
    expect(Buffer.concat(received).equals(Uint8Array.from({ length: 20_000 }, (_, i) => i % 251))).toBe(true);
  },
);

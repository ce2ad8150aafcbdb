/** Files into a real guest and out of it: the same tests for every engine. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { failureOf } from '../machine/fake-machine.test.helper.js';
import { launch } from '../machine/launch.js';
import type { MachineSpecInput } from '../machine/spec.js';
import type { Machine } from '../machine/types.js';

const KB = 1024;

/**
 * What files do on an engine, as tests of the file that calls this.
 * @param size bytes of the largest file
 */
export function testFilesOn(engine: 'v86' | 'qemu', size: number): void {
  const spec: MachineSpecInput = {
    engine,
    kernel: { path: 'linux-busybox:kernel', initrd: 'linux-busybox:initrd' },
    memory: 128,
  };
  let machine: Machine;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'guestwright-test-files-'));
    machine = await launch(spec);
    await machine.shell.run(
      'mkdir /t /small; mount -t tmpfs -o size=3m tmpfs /t; mount -t tmpfs -o size=100k tmpfs /small',
    );
  });
  afterAll(async () => {
    await machine.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  test('any bytes go there and come back', async () => {
    const bytes = randomBytes(size);
    const progress: string[] = [];
    await machine.files.put('/t/random', bytes, { mode: 0o750, onProgress: (message) => progress.push(message) });
    const back = await machine.files.get('/t/random');
    expect(Buffer.from(back).equals(bytes)).toBe(true);
    expect((await machine.shell.run('ls -A /t; stat -c %a /t/random')).stdout).toBe('random\n750\n');
    expect([progress[0], progress.at(-1)]).toEqual(['putting /t/random: 0 %', 'putting /t/random: 100 %']);
    // What went over the port is none of its text.
    const text = await machine.serial.text();
    expect(text.length).toBeLessThan(60_000);
    expect(text).not.toContain('GW-piece');
    await machine.shell.run('rm /t/random');
  });

  test.each<[what: string, path: string, content: Uint8Array | string]>([
    ['an empty file', '/t/empty', ''],
    ['a name with blanks, quotes and a dollar', `/t/it's "my" $HOME \\ file`, 'content\n'],
    ['a name that looks like an option', '-gr\u00fc\u00dfe', 'Gr\u00fc\u00dfe \u65e5\u672c\n'],
    ['every byte, and what looks like our own marks', '/t/bytes', allBytes()],
    ['a piece and a byte', '/t/odd', Uint8Array.from({ length: 32 * 1024 + 1 }, (_, i) => i % 251)],
  ])('%s', async (_what, path, content) => {
    await machine.files.put(path, content);
    expect(Buffer.from(await machine.files.get(path))).toEqual(Buffer.from(content));
    expect((await machine.shell.run('ls -A /t | grep gw-part')).stdout).toBe('');
  });

  test('a file of the host goes in, and comes out as one', async () => {
    const [here, there] = [join(folder, 'here'), join(folder, 'there')];
    writeFileSync(here, allBytes());
    await machine.files.put('/t/from-host', { file: here });
    await machine.files.get('/t/from-host', { file: there });
    expect(readFileSync(there).equals(Buffer.from(allBytes()))).toBe(true);
    const error = await failureOf(machine.files.put('/t/x', { file: join(folder, 'nothing') }));
    expect([error.kind, error.code]).toEqual(['usage', 'file-unreadable']);
    expect((await failureOf(machine.files.get('/t/nothing', { file: join(folder, 'none') }))).code).toBe(
      'guest-file-missing',
    );
    expect(readdirSync(folder).sort()).toEqual(['here', 'there']);
  });

  test('a file that is there is replaced, with its permissions', async () => {
    await machine.files.put('/t/script', '#!/bin/sh\necho one\n', { mode: 0o755 });
    await machine.files.put('/t/script', '#!/bin/sh\necho two\n');
    expect((await machine.shell.run('/t/script')).stdout).toBe('two\n');
  });

  test('a file of /proc is read', async () => {
    expect(new TextDecoder().decode(await machine.files.get('/proc/version'))).toMatch(/^Linux version .*\n$/);
  });

  test('what cannot be done is told by its reason, and leaves nothing behind', async () => {
    const { files, shell } = machine;
    const codes = [];
    for (const call of [
      () => files.get('/t/no such file'),
      () => files.get('/t'),
      () => files.put('/t', 'x'),
      () => files.put('/no/such/folder/x', 'x'),
      () => files.put('/small/huge', new Uint8Array(256 * KB)),
      () => files.put('/t/', 'x'),
      () => files.put('/t/x', 'x', { mode: 0o77777 }),
      () => files.put('/t/x', new Uint8Array(64 * KB * KB + 1)),
    ]) {
      codes.push((await failureOf(call())).code);
    }
    expect(codes).toEqual([
      ...['guest-file-missing', 'guest-path-is-folder', 'guest-path-is-folder', 'guest-file-not-written'],
      ...['guest-disk-full', 'guest-path-invalid', 'file-mode-invalid', 'file-too-large'],
    ]);
    expect(
      (await shell.run('ls -A /small /t | grep -E "huge|part"; stty -a 2>/dev/null | grep -c -w icanon')).stdout,
    ).toBe('1\n');
  });

  test('after a revert the port’s text is without the files that went over it', async () => {
    await machine.files.put('/t/before', allBytes());
    await machine.files.get('/t/before');
    const before = await machine.serial.text();
    const snapshot = await machine.snapshot();
    await machine.files.get('/t/before');
    await machine.revert(snapshot);
    const after = await machine.serial.text();
    expect(after.startsWith(before)).toBe(true);
    // The guest runs on: what its shell sends behind the prompt may come only after the text was looked at.
    expect(['', '\u001b[6n']).toContain(after.slice(before.length));
    expect((await machine.shell.run('echo on')).stdout).toBe('on\n');
  });
}

function allBytes(): Uint8Array {
  const marks = new TextEncoder().encode('\nGW-piece 0 1\n\u0003\u0004GW-END-1:0:\n');
  return Uint8Array.from([...Array.from({ length: 256 }, (_, byte) => byte), ...marks, ...marks]);
}

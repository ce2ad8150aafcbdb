/** Linux on the engine: what its drivers see of ACPI, the display and the pointer. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { resolveFileRef } from '../images/index.js';
import { SnapshotStore, storeStats, verifyStore } from '../snapshots/index.js';
import { launch } from './launch.js';
import type { Machine } from './types.js';

let machine: Machine;

beforeAll(async () => {
  const { commandLine = '' } = await resolveFileRef('linux-busybox:kernel');
  machine = await launch({
    kernel: {
      path: 'linux-busybox:kernel',
      initrd: 'linux-busybox:initrd',
      // The image works around what v86 once made Linux believe: that its devices had been pulled out.
      commandLine: `${commandLine.replace('acpiphp.disable=1', '')} vga=0x311`,
    },
    memory: 128,
    disks: [{ sizeMb: 8 }],
  });
  await machine.shell.run('true', { timeout: 60_000 });
});
afterAll(async () => machine.dispose());

test('Linux keeps its PCI devices and their disks with ACPI on', async () => {
  const { stdout } = await machine.shell.run('ls /sys/bus/pci/devices | wc -w; ls /dev/sda');
  expect(stdout).toMatch(/^([2-9]|\d\d)\n\/dev\/sda\n$/);
});

test('`vga=` gives a kernel that is booted directly a framebuffer', async () => {
  const frame = await machine.screen.frame();
  expect([frame.width, frame.height, frame.content.kind]).toEqual([640, 480, 'graphic']);
  expect(new Set(frame.rgba.filter((_, i) => i % 4 === 0)).size).toBeGreaterThan(1);
});

test('the pointer moves, clicks and drags, and the guest sees it', async () => {
  const packets = async (what: () => Promise<void>): Promise<number[][]> => {
    await machine.shell.run('(cat /dev/input/mice > /tmp/mice & echo $! > /tmp/pid)');
    await what();
    const { stdout } = await machine.shell.run('kill $(cat /tmp/pid); od -An -v -tx1 /tmp/mice');
    const bytes = stdout.split(/\s+/).flatMap((hex) => (hex === '' ? [] : [parseInt(hex, 16)]));
    // PS/2 packets: buttons and signs, dx, dy.
    return Array.from({ length: bytes.length / 3 }, (_, i) => bytes.slice(3 * i, 3 * i + 3));
  };
  const buttonsOf = (seen: number[][]): number[] => seen.map(([first = 0]) => first & 7);

  await machine.pointer.move(10, 10);
  const moved = await packets(async () => machine.pointer.move(300, 200));
  expect(moved.length).toBeGreaterThan(0);
  expect(buttonsOf(moved).every((buttons) => buttons === 0)).toBe(true);

  expect(buttonsOf(await packets(async () => machine.pointer.click(320, 200)))).toEqual(expect.arrayContaining([1, 0]));
  const right = await packets(async () => machine.pointer.click(320, 200, { button: 'right' }));
  expect(buttonsOf(right)).toEqual(expect.arrayContaining([2, 0]));

  const dragged = await packets(async () => machine.pointer.drag({ x: 10, y: 10 }, { x: 60, y: 60 }));
  const held = dragged.filter(([first = 0, dx = 0, dy = 0]) => (first & 1) === 1 && (dx !== 0 || dy !== 0));
  expect(held.length).toBeGreaterThan(0);
  expect(buttonsOf(dragged).at(-1)).toBe(0);
});

test('states in the store share what is the same in them, and each goes on exactly where it was saved', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'guestwright-linux-store-'));
  const before = process.env['GUESTWRIGHT_STORE'];
  process.env['GUESTWRIGHT_STORE'] = folder;
  try {
    const store = new SnapshotStore(folder);
    await machine.saveState('store:first');
    const hash = await machine.stateHash();
    const first = await storeStats(store);
    await machine.shell.run('sleep 1');
    await machine.saveState('store:second');
    const second = await storeStats(store);
    expect(second.snapshots).toBe(2);
    expect(second.bytes - first.bytes).toBeLessThan(first.bytes / 10);
    await using copy = await launch({ ...machine.spec, state: 'store:first' });
    expect(await copy.stateHash()).toEqual(hash);
    expect((await copy.shell.run('echo on')).stdout).toBe('on\n');
    expect(readdirSync(copy.runDirectory).filter((name) => name.startsWith('state'))).toEqual([]);
    await expect(launch({ ...machine.spec, state: 'store:third' })).rejects.toMatchObject({
      code: 'snapshot-not-stored',
    });
    await expect(machine.saveState('store:../third')).rejects.toMatchObject({ code: 'snapshot-name-invalid' });
    // The same name again means the newer state.
    await machine.saveState('store:first');
    const names = await store.names();
    expect(names.get('first')).not.toBe(names.get('second'));
    expect(await verifyStore(store)).toEqual([]);
  } finally {
    if (before === undefined) delete process.env['GUESTWRIGHT_STORE'];
    else process.env['GUESTWRIGHT_STORE'] = before;
    rmSync(folder, { recursive: true });
  }
});

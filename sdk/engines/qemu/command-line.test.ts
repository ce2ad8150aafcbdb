import { expect, test } from 'vitest';
import { commandLine, type CommandLineParts } from './command-line.js';
import type { BlockNode } from './block-nodes.js';

const HARDWARE = {
  memoryMb: 64,
  videoMemoryMb: 6,
  serialPorts: 1,
  acpi: true,
  rtc: Date.UTC(2031, 4, 6, 7, 8, 9),
  seed: 7,
  bootOrder: ['floppy', 'cdrom', 'disk'] as const,
};

function line(parts: Partial<CommandLineParts> = {}): string[] {
  return commandLine({
    installation: { machineType: 'pc-i440fx-7.2', sandbox: true, traces: true, vgaBios: '/roms/a,b.bin' },
    accelerator: 'tcg',
    hardware: HARDWARE,
    drives: { floppies: [], cdrom: undefined, disks: [] },
    kernel: null,
    sockets: { qmp: '/run/qmp', serial: ['/run/serial0'] },
    incoming: false,
    ...parts,
  });
}

/** Values of an option that may be there several times. */
function valuesOf(args: readonly string[], option: string): string[] {
  return args.flatMap((arg, index) => (arg === option ? [args[index + 1] ?? ''] : []));
}

test('nothing is implied, and nothing is on the network', () => {
  const args = line();
  expect(args).toEqual(expect.arrayContaining(['-nodefaults', '-no-user-config', '-S']));
  expect(valuesOf(args, '-nic')).toEqual(['none']);
  expect(valuesOf(args, '-display')).toEqual(['none']);
  expect(valuesOf(args, '-monitor')).toEqual(['none']);
  expect(args.join(' ')).not.toMatch(/tcp|udp|telnet|vnc|netdev/);
});

test('the machine type names its version, and the hardware is that of the spec', () => {
  const args = line();
  expect(valuesOf(args, '-machine')[0]).toMatch(/^pc-i440fx-7\.2,acpi=on,/);
  expect(valuesOf(line({ hardware: { ...HARDWARE, acpi: false } }), '-machine')[0]).toContain(',acpi=off,');
  expect(valuesOf(args, '-m')).toEqual(['64M']);
  expect(valuesOf(args, '-rtc')).toEqual(['base=2031-05-06T07:08:09,clock=vm']);
  expect(valuesOf(args, '-seed')).toEqual(['7']);
  // Video memory is a power of two; a comma in a path is written twice.
  expect(valuesOf(args, '-device')[0]).toBe('VGA,id=video0,vgamem_mb=8,romfile=/roms/a,,b.bin');
});

test('what a build does not have is not asked for', () => {
  const installation = { machineType: 'pc-i440fx-9.0', sandbox: false, traces: false, vgaBios: '/v' };
  const args = line({ installation });
  expect(args).not.toContain('-sandbox');
  expect(valuesOf(args, '-d')).toEqual(['cpu_reset']);
  expect(valuesOf(line(), '-sandbox')[0]).toContain('spawn=deny');
});

test('a drive without a medium is there, empty; without the drive there is no device', () => {
  const empty = line({ drives: { floppies: [null], cdrom: null, disks: [] } });
  expect(valuesOf(empty, '-device')).toEqual(
    expect.arrayContaining(['floppy,id=floppy0,unit=0', 'ide-cd,id=cdrom0,bus=ide.1,unit=0,bootindex=1']),
  );
  expect(valuesOf(empty, '-blockdev')).toEqual([]);
  expect(valuesOf(line(), '-device').join(' ')).not.toMatch(/floppy|ide-/);
});

test('devices are tried in the order of the spec, and what is not in it not at all', () => {
  const node = (name: string): BlockNode => ({ name, description: { driver: 'raw' } });
  const drives = { floppies: [node('f')], cdrom: node('c'), disks: [node('d0'), node('d1')] };
  const args = line({ drives, hardware: { ...HARDWARE, bootOrder: ['disk', 'floppy'] } });
  expect(valuesOf(args, '-global')).toEqual(['isa-fdc.bootindexA=2']);
  expect(valuesOf(args, '-device').filter((device) => device.startsWith('ide'))).toEqual([
    'ide-hd,id=disk0,bus=ide.0,unit=0,model=v86 ATA HD,drive=d0,bootindex=0',
    'ide-hd,id=disk1,bus=ide.0,unit=1,model=v86 ATA HD,drive=d1,bootindex=1',
    'ide-cd,id=cdrom0,bus=ide.1,unit=0,drive=c',
  ]);
  expect(valuesOf(args, '-boot')).toEqual(['menu=off,strict=on']);
});

test('a machine that goes on from a saved state waits for it', () => {
  expect(valuesOf(line({ incoming: true }), '-incoming')).toEqual(['defer']);
  expect(line()).not.toContain('-incoming');
});

test('a kernel is booted with its initrd and command line, commas and all', () => {
  const kernel = { kernel: '/run/kernel', initrd: '/run/initrd', commandLine: 'console=ttyS0,115200 quiet' };
  const args = line({ kernel });
  expect(['-kernel', '-initrd', '-append'].flatMap((option) => valuesOf(args, option))).toEqual([
    '/run/kernel',
    '/run/initrd',
    'console=ttyS0,115200 quiet',
  ]);
  expect(line({ kernel: { ...kernel, initrd: null } })).not.toContain('-initrd');
  // QEMU gives the kernel the place 0, and no other may have it.
  const drives = { floppies: [], cdrom: undefined, disks: [{ name: 'd', description: {} }] };
  expect(valuesOf(line({ kernel, drives }), '-device')).toContain(
    'ide-hd,id=disk0,bus=ide.0,unit=0,model=v86 ATA HD,drive=d,bootindex=2',
  );
});

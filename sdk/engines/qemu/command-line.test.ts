import { expect, test } from 'vitest';
import { commandLine, type CommandLineParts } from './command-line.js';
import { PLAIN_PC } from '../engine.js';
import type { BlockNode } from './block-nodes.js';
import type { DiskDrive } from './drive-options.js';
import { recordedNode } from './record-options.js';

const HARDWARE = {
  memoryMb: 64,
  videoMemoryMb: 6,
  serialPorts: 1,
  acpi: true,
  rtc: Date.UTC(2031, 4, 6, 7, 8, 9),
  seed: 7,
  clock: 'free' as const,
  bootOrder: ['floppy', 'cdrom', 'disk'] as const,
};

const BOARDS = { pc: 'pc-i440fx-7.2', q35: 'pc-q35-7.2', virt: 'virt-7.2' };

function line(parts: Partial<CommandLineParts> = {}): string[] {
  return commandLine({
    installation: { boards: BOARDS, sandbox: true, traces: true, vgaBios: '/roms/a,b.bin' },
    accelerator: 'tcg',
    hardware: HARDWARE,
    drives: { floppies: [], cdrom: undefined, disks: [] },
    firmware: null,
    kernel: null,
    sockets: { qmp: '/run/qmp', pipes: '/run' },
    incoming: false,
    memory: { kind: 'own' },
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
  const installation = { boards: BOARDS, sandbox: false, traces: false, vgaBios: '/v' };
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
  const ide = (name: string): DiskDrive => ({ bus: 'ide', node: node(name) });
  const drives = { floppies: [node('f')], cdrom: node('c'), disks: [ide('d0'), ide('d1')] };
  const args = line({ drives, hardware: { ...HARDWARE, bootOrder: ['disk', 'floppy'] } });
  expect(valuesOf(args, '-global')).toEqual(['isa-fdc.bootindexA=2']);
  expect(valuesOf(args, '-device').filter((device) => device.startsWith('ide'))).toEqual([
    'ide-hd,id=disk0,bus=ide.0,unit=0,model=v86 ATA HD,werror=stop,drive=d0,bootindex=0',
    'ide-hd,id=disk1,bus=ide.0,unit=1,model=v86 ATA HD,werror=stop,drive=d1,bootindex=1',
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
  const drives = {
    floppies: [],
    cdrom: undefined,
    disks: [{ bus: 'ide' as const, node: { name: 'd', description: {} } }],
  };
  expect(valuesOf(line({ kernel, drives }), '-device')).toContain(
    'ide-hd,id=disk0,bus=ide.0,unit=0,model=v86 ATA HD,werror=stop,drive=d,bootindex=2',
  );
});

const node = (name: string): BlockNode => ({ name, description: { driver: 'raw', 'node-name': name } });

test('UEFI is flash memory: its code is only read, its variables are the machine’s own', () => {
  const args = line({
    hardware: { ...HARDWARE, platform: { ...PLAIN_PC, firmware: 'uefi', smp: 4 } },
    firmware: '/fw/code.fd',
    drives: { floppies: [], cdrom: node('c'), disks: [], variables: node('vars') },
  });
  const machine = valuesOf(args, '-machine')[0];
  expect(machine).toMatch(/^pc-i440fx-7\.2,/);
  expect(machine).toMatch(/,pflash0=firmware,pflash1=vars$/);
  expect(machine).not.toContain('smm=on');
  const nodes = valuesOf(args, '-blockdev').map((text) => JSON.parse(text) as Record<string, unknown>);
  expect(nodes.map((one) => one['node-name'])).toEqual(['firmware', 'vars', 'c']);
  expect(nodes[0]).toMatchObject({ 'read-only': true, file: { filename: '/fw/code.fd', 'read-only': true } });
  expect(valuesOf(args, '-smp')).toEqual(['4']);
});

test('secure boot keeps what is trusted from the guest', () => {
  const platform = { ...PLAIN_PC, firmware: 'uefi', secureBoot: true } as const;
  const drives = { floppies: [], cdrom: node('c'), disks: [], variables: node('vars') };
  const args = line({ hardware: { ...HARDWARE, platform }, firmware: '/fw/code.fd', drives });
  expect(valuesOf(args, '-machine')[0]).toContain(',smm=on,');
  expect(valuesOf(args, '-machine')[0]).toMatch(/^pc-q35-7\.2,/);
  expect(valuesOf(args, '-device')).toContain('ide-cd,id=cdrom0,bus=ide.5,unit=0,drive=c,bootindex=0');
  expect(valuesOf(args, '-global')).toContain('driver=cfi.pflash01,property=secure,value=on');
});

test('other architectures have the board virt, with a keyboard and a CD drive of its own kinds', () => {
  const platform = { ...PLAIN_PC, architecture: 'aarch64', firmware: 'none' } as const;
  const args = line({
    installation: { boards: BOARDS, sandbox: true, traces: true, vgaBios: null },
    hardware: { ...HARDWARE, platform, serialPorts: 2 },
    drives: { floppies: [], cdrom: node('c'), disks: [{ bus: 'virtio', node: node('d') }] },
  });
  expect(valuesOf(args, '-machine')).toEqual(['virt-7.2,acpi=on,usb=off,dump-guest-core=off']);
  expect(valuesOf(args, '-serial')).toEqual(['chardev:serial0']);
  expect(valuesOf(args, '-device')).toEqual([
    'virtio-gpu-pci,id=video0',
    'qemu-xhci,id=usb0',
    'usb-tablet,id=tablet0,bus=usb0.0',
    'usb-kbd,id=keyboard0,bus=usb0.0',
    'pvpanic-pci',
    'pci-serial,chardev=serial1',
    'virtio-scsi-pci,id=scsi0',
    'virtio-blk-pci,id=disk0,werror=stop,drive=d,bootindex=1',
    'scsi-cd,id=cdrom0,bus=scsi0.0,drive=c,bootindex=0',
  ]);
});

test('disks are on the bus that they name', () => {
  const buses = ['ide', 'virtio', 'scsi', 'nvme'] as const;
  const disks = buses.map((bus) => ({ bus, node: node(bus) }));
  const devices = valuesOf(line({ drives: { floppies: [], cdrom: undefined, disks } }), '-device');
  expect(devices.filter((device) => /id=(disk|scsi)/.test(device))).toEqual([
    'virtio-scsi-pci,id=scsi0',
    'ide-hd,id=disk0,bus=ide.0,unit=0,model=v86 ATA HD,werror=stop,drive=ide,bootindex=1',
    'virtio-blk-pci,id=disk1,werror=stop,drive=virtio,bootindex=2',
    'scsi-hd,id=disk2,bus=scsi0.0,werror=stop,drive=scsi,bootindex=3',
    'nvme,id=disk3,serial=guestwright3,drive=nvme,bootindex=4',
  ]);
});

test('a network card is on a network of its own, and leads out only where the spec says so', () => {
  const network = { device: 'virtio', access: 'isolated', forward: [], tftp: null } as const;
  const isolated = line({ hardware: { ...HARDWARE, network } });
  expect(valuesOf(isolated, '-netdev')).toEqual(['user,id=net0,restrict=on']);
  // Its ROM is only needed to start from the network.
  expect(valuesOf(isolated, '-device').at(-1)).toMatch(/^virtio-net-pci,.*,romfile=$/);
  const open = line({
    hardware: {
      ...HARDWARE,
      bootOrder: ['network'],
      network: {
        device: 'e1000',
        access: 'full',
        forward: [{ protocol: 'tcp', host: 2222, guest: 22 }],
        tftp: { folder: '/pxe,1', bootFile: 'x.0' },
      },
    },
  });
  expect(valuesOf(open, '-netdev')).toEqual([
    'user,id=net0,restrict=off,hostfwd=tcp:127.0.0.1:2222-:22,tftp=/pxe,,1,bootfile=x.0',
  ]);
  expect(valuesOf(open, '-device').at(-1)).toMatch(/^e1000,.*,bootindex=0$/);
});

test('memory is called the same wherever it is, and private when it begins as a file', () => {
  expect(valuesOf(line(), '-object')).toEqual([]);
  const mapped = line({ memory: { kind: 'mapped', file: '/run/a,b.ram' } });
  expect(valuesOf(mapped, '-object')).toEqual([
    'memory-backend-file,id=pc.ram,size=64M,mem-path=/run/a,,b.ram,share=off',
  ]);
  const shared = line({ memory: { kind: 'shared' } });
  expect(valuesOf(shared, '-object')).toEqual(['memory-backend-memfd,id=pc.ram,size=64M,share=on']);
  const kept = line({ memory: { kind: 'kept', descriptor: 4 } });
  expect(valuesOf(kept, '-object')).toEqual([
    'memory-backend-file,id=pc.ram,size=64M,mem-path=/proc/self/fd/4,share=on',
  ]);
  for (const args of [mapped, shared, kept]) expect(valuesOf(args, '-machine')).toContain('memory-backend=pc.ram');
});

test('the guest’s card and its network are each on a cable of their own, where there is somebody in between', () => {
  const network = { device: 'virtio', access: 'isolated', forward: [], tftp: null, http: true } as const;
  const hardware = { ...HARDWARE, network };
  const args = line({ hardware, cables: { guest: '/tmp/a,b/guest', outside: '/tmp/a,b/outside' } });
  expect(valuesOf(args, '-netdev')).toEqual([
    'user,id=net0,restrict=on',
    'stream,id=guest0,server=off,addr.type=unix,addr.path=/tmp/a,,b/guest',
    'stream,id=outside0,server=off,addr.type=unix,addr.path=/tmp/a,,b/outside',
    'hubport,id=hub-net0,hubid=0,netdev=net0',
    'hubport,id=hub-outside0,hubid=0,netdev=outside0',
  ]);
  expect(valuesOf(args, '-device').at(-1)).toContain('netdev=guest0');
  expect(valuesOf(line({ hardware }), '-netdev')).toEqual(['user,id=net0,restrict=on']);
});

test('ports are on named pipes; virtio consoles are the last of the cards', () => {
  const plain = line();
  expect(valuesOf(plain, '-chardev').filter((one) => one.startsWith('pipe'))).toEqual([
    'pipe,id=serial0,path=/run/serial0',
  ]);
  const args = line({
    hardware: {
      ...HARDWARE,
      parallelPorts: 2,
      virtioConsoles: 2,
      watchdog: true,
      outlets: [
        { device: 'parallel', port: 1, to: { kind: 'file', path: '/logs/a,b' } },
        { device: 'console', port: 0, to: { kind: 'socket', path: '/run/user/c' } },
      ],
    },
  });
  expect(valuesOf(args, '-chardev').filter((one) => one.startsWith('pipe'))).toEqual([
    'pipe,id=serial0,path=/run/serial0',
    'pipe,id=parallel0,path=/run/parallel0',
    'pipe,id=parallel1,path=/run/parallel1,logfile=/logs/a,,b,logappend=on',
    'pipe,id=console0,path=/run/console0',
    'pipe,id=console1,path=/run/console1',
  ]);
  expect(valuesOf(args, '-device').slice(-6)).toEqual([
    'isa-parallel,index=0,chardev=parallel0',
    'isa-parallel,index=1,chardev=parallel1',
    'virtio-serial-pci,id=consoles0',
    'virtconsole,id=console0-port,bus=consoles0.0,nr=0,chardev=console0',
    'virtconsole,id=console1-port,bus=consoles0.0,nr=1,chardev=console1',
    'i6300esb,id=watchdog0',
  ]);
});

test('a TPM is on a connection that QEMU inherits', () => {
  const args = line({ hardware: { ...HARDWARE, tpm: true } });
  expect(valuesOf(args, '-chardev')).toContain('socket,id=tpm-control0,fd=5');
  expect(valuesOf(args, '-device')).toContain('tpm-tis,tpmdev=tpm0');
  expect(valuesOf(line(), '-tpmdev')).toEqual([]);
});

test('a run is recorded by its instructions, with every channel behind what logs it', () => {
  const network = { device: 'virtio' as const, access: 'isolated' as const, forward: [], tftp: null };
  const parts = { hardware: { ...HARDWARE, network }, log: { mode: 'record' as const, file: '/rec/a,b.log' } };
  const args = line(parts);
  expect(valuesOf(args, '-icount')).toEqual(['shift=3,sleep=on,rr=record,rrfile=/rec/a,,b.log']);
  expect(valuesOf(args, '-serial')).toEqual(['pipe:/run/serial0']);
  expect(args.join(' ')).not.toContain('isa-serial');
  expect(valuesOf(args, '-object')).toContain('filter-replay,id=recorded0,netdev=net0');
  expect(valuesOf(args, '-netdev')[0]).toMatch(/^user,id=net0,restrict=on/);
});

test('a replay has the hardware of the recording, and nothing outside', () => {
  const forward = [{ protocol: 'tcp' as const, host: 2222, guest: 22 }];
  const network = { device: 'virtio' as const, access: 'full' as const, forward, tftp: null };
  const hardware = { ...HARDWARE, network };
  const recorded = line({ hardware, log: { mode: 'record', file: '/log' } });
  const replayed = line({ hardware, log: { mode: 'replay', file: '/log' } });
  expect(valuesOf(replayed, '-device')).toEqual(valuesOf(recorded, '-device'));
  expect(valuesOf(replayed, '-netdev')).toEqual(['hubport,id=net0,hubid=0']);
  expect(replayed.join(' ')).not.toContain('hostfwd');
});

test('a disk that is recorded lies under the node that logs its answers', () => {
  const node = { name: 'disk0.1', description: { driver: 'qcow2', 'read-only': false, discard: 'unmap' } };
  expect(recordedNode(node)).toEqual({
    name: 'rr-disk0.1',
    description: {
      driver: 'blkreplay',
      'node-name': 'rr-disk0.1',
      'read-only': false,
      discard: 'unmap',
      image: node.description,
    },
  });
});

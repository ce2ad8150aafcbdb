import { expect, test } from 'vitest';
import { GuestwrightError } from '../errors.js';
import { networkOf, platformOf, usualBus } from './platform-spec.js';
import { parseSpec, type MachineSpecInput } from './spec.js';

/** The lines that name what is wrong. */
function problems(input: MachineSpecInput): string {
  try {
    parseSpec(input);
  } catch (error) {
    if (error instanceof GuestwrightError && error.code === 'spec-invalid') return error.failure.seen ?? '';
    throw error;
  }
  return '';
}

test('without a word the computer is a plain PC, whose network leads nowhere', () => {
  const spec = parseSpec({ engine: 'qemu' });
  expect(platformOf(spec)).toEqual({
    architecture: 'x86_64',
    firmware: 'bios',
    secureBoot: false,
    smp: 1,
  });
  expect(networkOf(spec)).toEqual({ device: 'virtio', access: 'isolated', forward: [], tftp: null });
  expect(networkOf(parseSpec({ engine: 'qemu', network: 'none' }))).toBeNull();
});

test('other architectures start by UEFI, or a kernel directly; their disks are virtio disks', () => {
  const kernel = { path: 'linux' };
  expect(platformOf(parseSpec({ engine: 'qemu', architecture: 'aarch64' })).firmware).toBe('uefi');
  const riscv = platformOf(parseSpec({ engine: 'qemu', architecture: 'riscv64', kernel }));
  expect(riscv.firmware).toBe('none');
  expect(usualBus(riscv)).toBe('virtio');
});

test.each<[MachineSpecInput, string]>([
  [{ engine: 'v86', smp: 2 }, 'smp: only the engine qemu has this field'],
  [{ engine: 'v86', network: 'none' }, 'network: only the engine qemu has this field'],
  [{ engine: 'v86', memory: 4096 }, 'memory: v86 has at most 2048 MB'],
  [{ engine: 'v86', disks: [{ sizeMb: 1 }, { sizeMb: 1 }, { sizeMb: 1 }] }, 'disks: v86 has at most 2 disks'],
  [{ engine: 'v86', disks: [{ sizeMb: 1, bus: 'virtio' }] }, 'disks: disks on v86 are IDE disks'],
  [{ engine: 'v86', boot: ['network'] }, 'boot: v86 does not start from the network'],
  [{ engine: 'qemu', boot: ['network'], network: 'none' }, 'boot: the machine has no network card'],
  [{ engine: 'qemu', architecture: 'aarch64', firmware: 'bios' }, 'firmware: aarch64 has no BIOS'],
  [{ engine: 'qemu', architecture: 'riscv64' }, 'kernel: there is no UEFI for riscv64 here'],
  [{ engine: 'qemu', architecture: 'i386', firmware: 'uefi' }, 'firmware: there is no UEFI for i386 here'],
  [{ engine: 'qemu', firmware: 'uefi', floppy: null }, 'floppy: only a PC with a BIOS has a floppy drive'],
  [{ engine: 'qemu', secureBoot: true }, 'secureBoot: needs UEFI on x86_64'],
  [
    { engine: 'qemu', disks: [{ sizeMb: 1 }, { sizeMb: 1 }, { sizeMb: 1 }] },
    'disks: there are at most 2 IDE disks: give the others the bus virtio, scsi or nvme',
  ],
  [{ engine: 'v86', tpm: true }, 'tpm: only the engine qemu has this field'],
  [{ engine: 'qemu', architecture: 'aarch64', tpm: true }, 'tpm: only a PC has a TPM here, not aarch64'],
  [{ engine: 'qemu', clock: 'virtual', tpm: true }, 'tpm: a TPM answers in wall time'],
  [{ engine: 'qemu', network: { forward: [{ host: 0, guest: 22 }] } }, 'network'],
])('%j is refused: %s', (spec, words) => {
  expect(problems(spec)).toContain(words);
});

/** The Linux that is measured, through the SDK and directly. */
import { resolveFileRef } from '../../sdk/images/index.js';
import type { MachineSpecInput } from '../../sdk/machine/spec.js';
import { PlainQemu } from './plain.js';

export const LINUX: MachineSpecInput = {
  engine: 'qemu',
  kernel: { path: 'linux-busybox:kernel', initrd: 'linux-busybox:initrd' },
};

export async function plainArguments(memoryMb: number): Promise<string[]> {
  const kernel = await resolveFileRef('linux-busybox:kernel');
  const initrd = await resolveFileRef('linux-busybox:initrd');
  const commandLine = 'console=ttyS0 console=tty0 quiet no_timer_check';
  return ['-m', `${memoryMb}M`, '-kernel', kernel.path, '-initrd', initrd.path, '-append', commandLine];
}

/** At its prompts. */
export async function plainLinux(memoryMb: number): Promise<PlainQemu> {
  const plain = await PlainQemu.start(await plainArguments(memoryMb));
  await plain.command('cont');
  await plain.say('\n', 'guest:~#');
  while (!(await plain.text()).includes('guest:~#'));
  return plain;
}

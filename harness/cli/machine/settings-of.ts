/** A machine's settings of the options of `guestwright machine create` and `configure`. What is wrong in them the host says. */
import type { Command } from 'commander';
import type { CallOf } from '../../server/api/client.js';

type Options = Readonly<Record<string, string | boolean | undefined>>;
type Settings = CallOf<'configureMachine'>['body'];

export function withSettings(command: Command): Command {
  return command
    .option('--notes <text>', 'for people')
    .option('--autostart <when>', 'never, as-before or always')
    .option(
      '--autostart-delay <seconds>',
      'how long the daemon waits before it starts this one, after the one before it',
    )
    .option('--undo <what>', 'undo disks: keep, commit or discard at power-off what it has written; off: none')
    .option('--on-quit <what>', 'save, shutdown, power-off or go-on')
    .option('--cpu-weight <weight>', 'beside other machines, 1 to 10000; 100 is usual')
    .option('--cpu-cap <percent>', 'of all processors, that it never gets more of')
    .option('--cpu-reservation <percent>', 'of all processors; machines start only while these fit');
}

/** Only what was given. */
export function settingsOf(options: Options): Settings {
  const { notes, autostart, autostartDelay, undo, onQuit } = options;
  const cpu = cpuOf(options);
  return {
    ...(typeof notes === 'string' ? { notes } : {}),
    ...(typeof autostart === 'string' ? { autostart } : {}),
    ...(typeof autostartDelay === 'string' ? { autostartDelay: Number(autostartDelay) } : {}),
    ...(typeof undo === 'string' ? { undo: undo === 'off' ? null : undo } : {}),
    ...(typeof onQuit === 'string' ? { onQuit } : {}),
    ...(cpu === null ? {} : { cpu }),
  } as Settings;
}

function cpuOf({ cpuWeight, cpuCap, cpuReservation }: Options): object | null {
  const cpu = {
    ...(typeof cpuWeight === 'string' ? { weight: Number(cpuWeight) } : {}),
    ...(typeof cpuCap === 'string' ? { cap: Number(cpuCap) } : {}),
    ...(typeof cpuReservation === 'string' ? { reservation: Number(cpuReservation) } : {}),
  };
  return Object.keys(cpu).length === 0 ? null : cpu;
}

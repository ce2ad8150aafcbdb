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
    .option('--heartbeat <port>', 'serial port at which the guest agent is asked whether it is alive; off: none')
    .option('--heartbeat-every <seconds>', 'of guest time between two questions; 10 if not given')
    .option('--heartbeat-missed <count>', 'of those without an answer after which it has stopped; 3 if not given')
    .option('--on-quit <what>', 'save, shutdown, power-off or go-on')
    .option('--cpu-weight <weight>', 'beside other machines, 1 to 10000; 100 is usual')
    .option('--cpu-cap <percent>', 'of all processors, that it never gets more of')
    .option('--cpu-reservation <percent>', 'of all processors; machines start only while these fit');
}

/** Only what was given. */
export function settingsOf(options: Options): Settings {
  const { notes, autostart, autostartDelay, undo, onQuit } = options;
  const cpu = cpuOf(options);
  const heartbeat = heartbeatOf(options);
  return {
    ...(typeof notes === 'string' ? { notes } : {}),
    ...(typeof autostart === 'string' ? { autostart } : {}),
    ...(typeof autostartDelay === 'string' ? { autostartDelay: Number(autostartDelay) } : {}),
    ...(typeof undo === 'string' ? { undo: undo === 'off' ? null : undo } : {}),
    ...(typeof onQuit === 'string' ? { onQuit } : {}),
    ...(cpu === null ? {} : { cpu }),
    ...(heartbeat === undefined ? {} : { heartbeat }),
  } as Settings;
}

/** Undefined: nothing of it was given. */
function heartbeatOf({ heartbeat, heartbeatEvery, heartbeatMissed }: Options): object | null | undefined {
  if (heartbeat === 'off') return null;
  const given = {
    ...(typeof heartbeat === 'string' ? { port: Number(heartbeat) } : {}),
    ...(typeof heartbeatEvery === 'string' ? { every: Number(heartbeatEvery) } : {}),
    ...(typeof heartbeatMissed === 'string' ? { missed: Number(heartbeatMissed) } : {}),
  };
  return Object.keys(given).length === 0 ? undefined : given;
}

function cpuOf({ cpuWeight, cpuCap, cpuReservation }: Options): object | null {
  const cpu = {
    ...(typeof cpuWeight === 'string' ? { weight: Number(cpuWeight) } : {}),
    ...(typeof cpuCap === 'string' ? { cap: Number(cpuCap) } : {}),
    ...(typeof cpuReservation === 'string' ? { reservation: Number(cpuReservation) } : {}),
  };
  return Object.keys(cpu).length === 0 ? null : cpu;
}

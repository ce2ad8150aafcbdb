/** A machine of a host, driven as any other: `host://name`. */
import { GuestwrightError } from '../../../sdk/errors.js';
import { DEFAULT_TIMEOUTS } from '../../../sdk/machine/launch.js';
import { machineOn } from '../../../sdk/machine/launched.js';
import { runDirectoryFor } from '../../../sdk/machine/run-directory.js';
import { parseSpec, type MachineSpecInput } from '../../../sdk/machine/spec.js';
import type { LaunchOptions, Machine } from '../../../sdk/machine/types.js';
import { REFERENCE, type HostedReference } from '../../config/hosted-guest.js';
import { reachOf } from '../host/default-folder.js';
import { DriveChannel } from './channel.js';
import { RemoteEngine } from './remote-engine.js';

/**
 * A copy of the machine that is the scenario's own, on the same host, from a snapshot or from where the machine is: the
 * machine itself stays as it is, whatever the scenario does. The host removes the copy when this one is disposed, or when
 * whoever drives it is gone.
 *
 * @throws GuestwrightError `usage/host-reference-invalid`, those of {@link reachOf}, and what the host refuses with
 */
export async function machineOfHost(
  { machine, snapshot }: HostedReference,
  options: Omit<LaunchOptions, 'record' | 'recording' | 'memoise' | 'again' | 'storeAt' | 'runDirectory' | 'onFork'> & {
    /** Shown on the host; default: `a scenario`. */
    title?: string;
  } = {},
): Promise<Machine> {
  const name = REFERENCE.exec(machine)?.[1];
  if (name === undefined) throw referenceInvalid(machine);
  const { url, token } = await reachOf(process.env['GUESTWRIGHT_HOST']);
  const address = new URL(`${url.replace(/^http/, 'ws')}/api/v1/machines/${encodeURIComponent(name)}/drive`);
  if (snapshot !== undefined) address.searchParams.set('snapshot', snapshot);
  if (options.title !== undefined) address.searchParams.set('title', options.title.slice(0, 200));
  const channel = await DriveChannel.open({ url: address.href, token });
  try {
    return await driveOver(channel, url, name, options);
  } catch (error) {
    await channel.close();
    throw error;
  }
}

async function driveOver(channel: DriveChannel, url: string, name: string, options: LaunchOptions): Promise<Machine> {
  const { driven } = channel;
  const engine = new RemoteEngine(channel, driven, new URL(url).host);
  const isStepped = driven.capabilities.clocks.includes('stepped');
  const spec = parseSpec({ ...withoutMedia(driven.spec), clock: isStepped ? 'stepped' : 'host' });
  const id = crypto.randomUUID();
  const machine = machineOn(engine, {
    id,
    name: options.name ?? name,
    engineName: driven.engine,
    spec,
    timeouts: { ...DEFAULT_TIMEOUTS, ...options.timeouts },
    runDirectory: runDirectoryFor(id),
    ownsRunDirectory: true,
    answers: null,
    recording: null,
    onAction: options.onAction ?? null,
    onFork: null,
    onFrame: options.onFrame ?? null,
    record: null,
    goldens: options.goldens ?? null,
  });
  if (driven.goesOn) await machine.adoptState();
  const { signal } = options;
  signal?.throwIfAborted();
  signal?.addEventListener('abort', () => void machine.dispose().catch(() => undefined), { once: true });
  return machine;
}

/** Its drives are there; what is in them is the host's. */
function withoutMedia(spec: Record<string, unknown>): MachineSpecInput {
  return {
    ...spec,
    ...('floppy' in spec ? { floppy: null } : {}),
    ...('cdrom' in spec ? { cdrom: null } : {}),
  };
}

function referenceInvalid(seen: string): GuestwrightError {
  return new GuestwrightError('This is no machine of a host', {
    kind: 'usage',
    code: 'host-reference-invalid',
    expected: "a machine's name, as in machine: 'host://web'",
    seen,
    next: 'guestwright machine list shows the names',
  });
}

/** QEMU as an engine: guests that the embedded one cannot run, at QEMU's speed. */
import { createHash } from 'node:crypto';
import { GuestwrightError } from '../../errors.js';
import { ARCHITECTURES, PLAIN_PC } from '../engine.js';
import type {
  Capabilities,
  Engine,
  EngineContext,
  EngineMachine,
  Hardware,
  Medium,
  Platform,
  Probe,
  ReplayContext,
} from '../engine.js';
import type { RunReplay } from '../recorded-run.js';
import { chooseAccelerator, trialsOn, type Accelerator } from './accelerator.js';
import { boardKind } from './board.js';
import { findInstallation, type Installation } from './installation.js';
import { QemuMachine } from './machine.js';
import { assertSame, programOf, recordedIdentity } from './recorded-identity.js';
import { QemuReplay } from './replay.js';
import { findSwtpm } from './tpm.js';
import { findUefi } from './uefi.js';

/** Changes whenever the driver's own behaviour does: part of every stored state's identity. */
const DRIVER_VERSION = 5;

export const QEMU_CAPABILITIES: Capabilities = {
  determinism: 'none',
  clocks: ['free', 'virtual'],
  architectures: ARCHITECTURES,
  firmware: ['bios', 'uefi'],
  pointer: ['relative', 'absolute'],
  snapshots: true,
  migration: false,
  powerButton: true,
  serialPorts: 4,
};

/** Of a machine whose run is recorded. */
const RECORDED_CAPABILITIES: Capabilities = {
  ...QEMU_CAPABILITIES,
  determinism: 'recorded',
  clocks: ['free'],
  architectures: ['x86_64', 'i386'],
  firmware: ['bios'],
  snapshots: false,
};

export class QemuEngine implements Engine {
  readonly name = 'qemu';
  readonly capabilities = QEMU_CAPABILITIES;

  async probe(): Promise<Probe> {
    try {
      const installation = await findInstallation();
      const { reason } = await chooseAccelerator('auto', trialsOn(installation, { again: true }));
      const { program, version } = installation;
      return { available: true, detail: `QEMU ${version} (${program}); ${reason}` };
    } catch (error) {
      if (!(error instanceof GuestwrightError)) throw error;
      const { seen, next } = error.failure;
      return { available: false, missing: seen ?? error.message, install: next ?? '' };
    }
  }

  prepare({ architecture }: Platform): void {
    findInstallation(architecture).catch(() => undefined);
  }

  async start(hardware: Hardware, context: EngineContext): Promise<EngineMachine> {
    const { platform = PLAIN_PC } = hardware;
    const { architecture, firmware, secureBoot } = platform;
    const installation = await findInstallation(architecture);
    const { boards, folders } = installation;
    const board = boards[boardKind(platform)] ?? '';
    const uefi = firmware === 'uefi' ? await findUefi({ architecture, board, secureBoot }, folders) : null;
    const swtpm = hardware.tpm === true ? await findSwtpm() : null;
    // Only translated instructions can be counted.
    const counted = hardware.clock === 'virtual' || hardware.record === true;
    const wanted = counted ? 'tcg' : (hardware.accelerator ?? 'auto');
    const { accelerator, reason } = await chooseAccelerator(wanted, trialsOn(installation));
    return await QemuMachine.start({
      installation,
      accelerator,
      uefi,
      swtpm,
      hardware,
      context,
      capabilities: hardware.record === true ? RECORDED_CAPABILITIES : this.capabilities,
      description: `QEMU ${installation.version}, ${reason}`,
      identity: identify(hardware, installation, accelerator),
    });
  }

  /**
   * @throws GuestwrightError `usage/replay-other-program` when another QEMU recorded it; `usage/replay-other-machine` when
   * the hardware or what is in it is not that of the recording
   */
  async replay(hardware: Hardware, context: ReplayContext): Promise<RunReplay> {
    const { architecture } = hardware.platform ?? PLAIN_PC;
    const installation = await findInstallation(architecture);
    assertSame(context.run, { program: programOf(installation), identity: recordedIdentity(hardware, installation) });
    return new QemuReplay({ installation, hardware, context });
  }
}

/** Everything besides the inputs that can change what a machine does, as far as it is known. */
function identify(hardware: Hardware, { stamp, boards }: Installation, accelerator: Accelerator): string {
  const medium = (value: Medium | null | undefined): unknown =>
    value === null || value === undefined ? value : value.digest;
  const { kernel, disks, floppies, cdrom, ...rest } = hardware;
  const parts = {
    driver: DRIVER_VERSION,
    stamp,
    boards,
    accelerator,
    ...rest,
    // Where its ports lead is no matter to the machine.
    outlets: undefined,
    disks: disks.map(({ bus = 'ide', ...disk }) => [bus, medium(disk)]),
    floppies: floppies.length,
    cdrom: cdrom === undefined ? 'none' : 'drive',
    kernel: kernel === null ? null : [kernel.kernel.digest, kernel.initrd?.digest ?? null, kernel.commandLine],
  };
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

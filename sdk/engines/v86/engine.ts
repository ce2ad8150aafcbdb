/** The embedded engine: v86 in a worker thread, bit-exact. See `core/machine.ts` for how. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { GuestwrightError } from '../../errors.js';
import { blockSourceSize } from '../blocks.js';
import type {
  Capabilities,
  Engine,
  EngineContext,
  EngineMachine,
  Hardware,
  JournalFacts,
  Medium,
  PortableParts,
  Probe,
} from '../engine.js';
import { CANONICAL_MS, QUANTUM_MS, SAMPLE_MS, type Fault } from './core/machine.js';
import { driverDigest } from './driver-digest.js';
import { findFirmware } from './firmware.js';
import { V86Proxy } from './proxy.js';

/**
 * Of a state: changes whenever one of the driver before cannot go on here (`state-shape.test.ts` says so). Runs that are answered
 * from a store depend on the whole driver instead.
 */
export const STATE_VERSION = 3;

export const V86_CAPABILITIES: Capabilities = {
  determinism: 'bit-exact',
  clocks: ['stepped', 'paced'],
  architectures: ['i386'],
  firmware: ['bios'],
  pointer: ['relative', 'absolute'],
  snapshots: true,
  migration: false,
  powerButton: true,
  serialPorts: 4,
};

interface Build {
  module: WebAssembly.Module;
  /** SHA-256 of v86's module and driver. */
  digest: string;
}

let build: Promise<Build> | null = null;

/** v86's module, compiled once for all machines of this process. */
async function loadBuild(): Promise<Build> {
  build ??= (async () => {
    const main = createRequire(import.meta.url).resolve('v86');
    const wasm = await readFile(path.join(path.dirname(main), 'v86.wasm'));
    const script = await readFile(main);
    const digest = createHash('sha256').update(wasm).update(script).digest('hex');
    return { module: await WebAssembly.compile(wasm), digest };
  })();
  return build;
}

export class V86Engine implements Engine {
  readonly name = 'v86';
  readonly capabilities = V86_CAPABILITIES;

  async probe(): Promise<Probe> {
    try {
      const { bios } = await findFirmware();
      return { available: true, detail: `embedded; firmware ${bios}` };
    } catch (error) {
      if (!(error instanceof GuestwrightError)) throw error;
      const { seen, next } = error.failure;
      return { available: false, missing: seen ?? error.message, install: next ?? '' };
    }
  }

  readonly journal: JournalFacts = {
    identity: async (hardware) => {
      assertKernelFits(hardware);
      const [{ digest }, firmware] = await Promise.all([loadBuild(), findFirmware()]);
      const identity = identify(hardware, digest, firmware.digest);
      return createHash('sha256').update(`${identity} ${driverDigest()}`).digest('hex');
    },
    quantumMs: QUANTUM_MS,
    sampleMs: SAMPLE_MS,
    canonicalMs: CANONICAL_MS,
  };

  async portable(): Promise<PortableParts> {
    const [{ digest }, firmware] = await Promise.all([loadBuild(), findFirmware()]);
    const [bios, vgaBios] = await Promise.all([readFile(firmware.bios), readFile(firmware.vgaBios)]);
    return { firmware: { bios: new Uint8Array(bios), vgaBios: new Uint8Array(vgaBios) }, build: digest };
  }

  async start(hardware: Hardware, context: EngineContext): Promise<EngineMachine> {
    assertKernelFits(hardware);
    const [{ module, digest }, firmware] = await Promise.all([loadBuild(), findFirmware()]);
    const [bios, vgaBios] = await Promise.all([readFile(firmware.bios), readFile(firmware.vgaBios)]);
    const identity = identify(hardware, digest, firmware.digest);
    return V86Proxy.start(
      {
        hardware,
        firmware: { bios: new Uint8Array(bios), vgaBios: new Uint8Array(vgaBios) },
        wasmModule: module,
        identity,
        fault: faultFromEnvironment(),
        ...(context.heapReserve === undefined ? {} : { heapReserve: context.heapReserve }),
        ...(context.storeAt === undefined ? {} : { storeAt: context.storeAt }),
        ...(context.state === undefined ? {} : { state: context.state }),
      },
      context,
      this.capabilities,
    );
  }
}

/** v86 puts an initrd at 64 MB, whatever the machine's memory. */
const INITRD_AT_MB = 64;

function assertKernelFits({ kernel, memoryMb }: Hardware): void {
  if (kernel === null) return;
  const MB = 2 ** 20;
  const least =
    kernel.initrd === null
      ? Math.ceil(blockSourceSize(kernel.kernel.source) / MB) + 16
      : INITRD_AT_MB + Math.ceil(blockSourceSize(kernel.initrd.source) / MB) + 1;
  if (memoryMb >= least) return;
  throw new GuestwrightError('The kernel and its initrd do not fit the memory of the machine', {
    kind: 'usage',
    code: 'memory-too-small',
    expected: `memory: ${least} (MB) or more`,
    seen: `memory: ${memoryMb}`,
    next: 'give the machine more memory in its spec',
  });
}

/** For `guestwright verify`'s own tests: lets the host's clock through. */
function faultFromEnvironment(): Fault | null {
  return process.env['GUESTWRIGHT_FAULT'] === 'host-clock' ? 'host-clock' : null;
}

/** Everything besides the inputs that can change what a machine does. */
function identify(hardware: Hardware, build: string, firmware: string): string {
  const medium = (value: Medium | null | undefined): unknown =>
    value === null || value === undefined ? value : value.digest;
  const { kernel } = hardware;
  const fault = faultFromEnvironment();
  const parts = {
    driver: STATE_VERSION,
    build,
    firmware,
    architecture: process.arch,
    memory: hardware.memoryMb,
    videoMemory: hardware.videoMemoryMb,
    disks: hardware.disks.map(medium),
    floppies: hardware.floppies.length,
    cdrom: hardware.cdrom === undefined ? 'none' : 'drive',
    kernel: kernel === null ? null : [kernel.kernel.digest, kernel.initrd?.digest ?? null, kernel.commandLine],
    serialPorts: hardware.serialPorts,
    acpi: hardware.acpi,
    rtc: hardware.rtc,
    seed: hardware.seed,
    ...(hardware.mips === undefined ? {} : { mips: hardware.mips }),
    // A machine that is broken on purpose is another machine.
    ...(fault === null ? {} : { fault }),
  };
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

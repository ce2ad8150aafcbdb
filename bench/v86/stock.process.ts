/**
 * v86 as it comes, as one would run it in Node: its own `run()`, the host's clock, compiling in the background; with the
 * same guest, firmware and memory as ours.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { V86 } from 'v86';
import type { WholeFile } from '../../sdk/engines/engine.js';
import { findFirmware } from '../../sdk/engines/v86/firmware.js';
import { hardwareOf } from '../../sdk/machine/hardware.js';
import { GUEST, PROMPT, SAVES, tell, wallMs } from './run.js';

/** What has to be reached into to tell work from sleep. */
interface Inside {
  v86: { cpu: { main_loop: () => number } };
}

const { kernel, memoryMb, videoMemoryMb, acpi } = await hardwareOf(GUEST);
if (kernel?.initrd == null) throw new Error('the guest to compare with boots a kernel with an initrd');
const firmware = await findFirmware();

const emulator = new V86({
  wasm_path: path.join(path.dirname(createRequire(import.meta.url).resolve('v86')), 'v86.wasm'),
  bios: { buffer: await bytesOf(firmware.bios) },
  vga_bios: { buffer: await bytesOf(firmware.vgaBios) },
  bzimage: { buffer: await contentOf(kernel.kernel) },
  initrd: { buffer: await contentOf(kernel.initrd) },
  cmdline: kernel.commandLine,
  memory_size: memoryMb << 20,
  vga_memory_size: videoMemoryMb << 20,
  acpi,
  autostart: false,
  disable_speaker: true,
  disable_keyboard: true,
  disable_mouse: true,
});
await new Promise<void>((resolve) => emulator.add_listener('emulator-ready', () => resolve()));

const work = watchWork();
await bootToPrompt();
await emulator.stop();
const { saveMs, restoreMs } = await saveAndRestore();
tell({ ...work.atPrompt(), saveMs, restoreMs });
await emulator.destroy();

async function bootToPrompt(): Promise<void> {
  let seen = '';
  await new Promise<void>((resolve, reject) => {
    emulator.add_listener('serial0-output-byte', (byte: number) => {
      seen += String.fromCharCode(byte);
      if (!seen.endsWith(PROMPT)) return;
      work.end();
      resolve();
    });
    emulator.run().catch(reject);
  });
}

/**
 * Adds up instructions and the time in which v86 neither ran nor wanted to. `main_loop` returns how many ms the guest
 * wants to sleep; until it is called again v86 does nothing but, perhaps, compile.
 */
function watchWork(): { end(): void; atPrompt(): { instructions: number; busySeconds: number; idleSeconds: number } } {
  const { cpu } = Reflect.get(emulator, 'v86') as Inside['v86'];
  const mainLoop = cpu.main_loop;
  let started: number | null = null;
  let ended: number | null = null;
  let asleepSince: number | null = null;
  let idleMs = 0;
  let instructions = 0;
  let counter = 0;
  const count = (): void => {
    const now = emulator.get_instruction_counter();
    // 32 bits that wrap: a minute of boot is a few times around, a call of `main_loop` never.
    instructions += (now - counter) >>> 0;
    counter = now;
  };
  cpu.main_loop = () => {
    const now = performance.now();
    started ??= now;
    if (asleepSince !== null && ended === null) idleMs += now - asleepSince;
    const sleep = mainLoop();
    if (ended === null) count();
    asleepSince = sleep > 0 ? performance.now() : null;
    return sleep;
  };
  return {
    end: () => {
      ended ??= performance.now();
      count();
    },
    atPrompt: () => {
      if (started === null || ended === null) throw new Error('there was no prompt');
      const busySeconds = (ended - started - idleMs) / 1000;
      return { instructions, busySeconds, idleSeconds: idleMs / 1000 };
    },
  };
}

async function saveAndRestore(): Promise<{ saveMs: number[]; restoreMs: number[] }> {
  const saveMs: number[] = [];
  const restoreMs: number[] = [];
  for (let i = 0; i < SAVES; i++) {
    let state = new ArrayBuffer(0);
    saveMs.push(await wallMs(async () => (state = await emulator.save_state())));
    restoreMs.push(await wallMs(async () => emulator.restore_state(state)));
  }
  return { saveMs, restoreMs };
}

async function contentOf({ source }: WholeFile): Promise<ArrayBuffer> {
  if (source.kind !== 'file') throw new Error('the guest to compare with boots from files');
  return await bytesOf(source.path);
}

async function bytesOf(file: string): Promise<ArrayBuffer> {
  return ownBuffer(new Uint8Array(await readFile(file)));
}

/** v86 takes whole buffers, not views of them. */
function ownBuffer(bytes: Uint8Array): ArrayBuffer {
  const buffer = new ArrayBuffer(bytes.length);
  new Uint8Array(buffer).set(bytes);
  return buffer;
}

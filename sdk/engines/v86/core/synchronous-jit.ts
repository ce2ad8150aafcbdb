/**
 * v86 with everything that depends on the host taken out: its clock, its randomness, and the asynchronous compilation of
 * translated blocks. What is compiled at a given instruction must not depend on how busy the host is, so blocks are
 * queued (installing one inside `codegen_finalize` panics: the JIT is borrowed there) and compiled and installed where
 * v86 polls its timers, which it does between blocks of about 100,000 instructions.
 */
import type { GuestClock, GuestRandom } from './guest-clock.js';
import type { V86Exports, V86Imports } from './v86-internals.js';

/** First entry of the function table that v86's JIT uses. */
const TABLE_OFFSET = 1024;

interface PendingBlock {
  index: number;
  start: number;
  flags: number;
  code: Uint8Array<ArrayBuffer>;
}

export interface Instance {
  exports: V86Exports;
  /** Blocks that are translated but not installed yet: 0 whenever `main_loop` has returned. */
  pendingBlocks: () => number;
  /** Lines that the Rust code wrote to the console: a panic's message is the last of them. */
  consoleLines: string[];
}

/** Instantiates v86's module, ready to be returned from its `wasm_fn`. */
export async function instantiate(
  module: WebAssembly.Module,
  { env }: V86Imports,
  clock: GuestClock,
  random: GuestRandom,
): Promise<Instance> {
  const pending: PendingBlock[] = [];
  const consoleLines: string[] = [];
  const jitImports: Record<string, WebAssembly.ExportValue> = {};
  const table = env.__indirect_function_table;
  const pollTimers = env.run_hardware_timers;
  let exports = null as V86Exports | null;
  const memory = (): ArrayBuffer => {
    if (exports === null) throw new Error('v86 called out before it was instantiated');
    return exports.memory.buffer;
  };

  env.microtick = () => clock.microtick();
  env.get_rand_int = () => random.int32();
  env.console_log_from_wasm = (at, length) => {
    consoleLines.push(new TextDecoder().decode(new Uint8Array(memory(), at >>> 0, length >>> 0).slice()));
  };
  env.codegen_finalize = (index, start, flags, at, length) => {
    pending.push({ index, start, flags, code: new Uint8Array(memory(), at >>> 0, length >>> 0).slice() });
  };
  env.run_hardware_timers = (acpi, now) => {
    for (const { index, start, flags, code } of pending.splice(0)) {
      const block = new WebAssembly.Instance(new WebAssembly.Module(code), { e: jitImports });
      table.set(index + TABLE_OFFSET, block.exports['f']);
      exports?.codegen_finalize_finished(index, start, flags);
    }
    return pollTimers(acpi, now);
  };

  const instance = await WebAssembly.instantiate(module, { env: env as WebAssembly.ModuleImports });
  // v86 ships no types for its module; the names are checked when they are first called.
  const own = instance.exports as WebAssembly.Exports & V86Exports;
  exports = own;
  jitImports['m'] = own.memory;
  for (const [name, value] of Object.entries(instance.exports)) {
    if (!/^_|^zstd|_js$/.test(name)) jitImports[name] = value;
  }
  clock.attach(own.memory);
  return { exports: own, pendingBlocks: () => pending.length, consoleLines };
}

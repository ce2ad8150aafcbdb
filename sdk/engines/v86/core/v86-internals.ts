/**
 * What the driver uses of v86's insides. The property names are readable in the release build, and the exact version is
 * pinned in package.json: a state is only valid for the very build that wrote it anyway.
 */
import type { VgaDevice } from './vga.js';

export interface PortEntry {
  write16: (value: number) => void;
}

export interface Io {
  ports: object[];
  create_empty_entry(): object;
  register_read(port: number, device: object, read8: () => number): void;
  register_write(
    port: number,
    device: object,
    write8?: (value: number) => void,
    write16?: (value: number) => void,
  ): void;
}

export interface FloppyDrive {
  drive_type: number;
  insert_disk(disk: object, readOnly?: boolean): boolean;
  eject_disk(): void;
}

export interface IdeInterface {
  drive_connected: boolean;
  buffer: object | null;
  set_cdrom(disk: object): void;
  eject(): void;
}

export interface Devices {
  acpi?: {
    status: number;
    gpe: Uint8Array;
    pm1_status: number;
    pm1_enable: number;
    timer: (this: object, now: number) => number;
  };
  pci: { set_io_bars: (this: object, bar: { size: number }, from: number, to: number) => void };
  rtc: { cmos_write(index: number, value: number): void };
  vga: VgaDevice & { svga_memory: Uint8Array; update_vertical_retrace(): void };
  ps2: {
    kbd_buffer: { length: number };
    mouse_buffer: { length: number };
    enable_keyboard_stream: boolean;
    enable_mouse_stream: boolean;
    use_mouse: boolean;
    send_mouse_packet(dx: number, dy: number): void;
    reset: () => void;
  };
  vmware: { enabled: boolean; absolute: boolean; queue: number[] };
  fdc: { drives: [FloppyDrive, FloppyDrive] };
  ide: { secondary: { master: IdeInterface } };
}

export interface Cpu {
  mem8: Uint8Array;
  in_hlt: Uint8Array;
  flags: Int32Array;
  cr: Int32Array;
  io: Io;
  bus: object;
  devices: Devices;
  fw_value: unknown;
  fw_pointer: number;
  reboot_internal: (this: Cpu) => void;
  device_raise_irq(line: number): void;
  jit_clear_cache(): void;
  full_clear_tlb(): void;
  jit_dirty_cache(start: number, end: number): void;
}

export interface Emulator {
  bus: { send(event: string, value: unknown): void };
  v86: { cpu: Cpu; next_tick(delay: number): void };
  screen_adapter: object;
  add_listener(event: string, listener: (value: number) => void): void;
}

/** The exports of v86's WebAssembly module that are called here. */
export interface V86Exports {
  memory: WebAssembly.Memory;
  main_loop(): number;
  v86_malloc(bytes: number): number;
  v86_free(pointer: number): void;
  codegen_finalize_finished(index: number, start: number, flags: number): void;
}

/** What v86 hands to its WebAssembly module. */
export interface V86Imports {
  env: {
    microtick: () => number;
    get_rand_int: () => number;
    codegen_finalize: (index: number, start: number, flags: number, at: number, length: number) => void;
    run_hardware_timers: (acpi: number, now: number) => number;
    console_log_from_wasm: (at: number, length: number) => void;
    __indirect_function_table: WebAssembly.Table;
    [name: string]: unknown;
  };
}

export interface V86Options {
  wasm_fn: (imports: V86Imports) => Promise<WebAssembly.Exports>;
  [option: string]: unknown;
}

export type V86Constructor = new (options: V86Options) => Emulator;

/**
 * One v86 machine, driven bit-exactly: the same hardware and the same inputs at the same guest instants end in the same
 * state, however the machine was watched, stored or restored meanwhile. Web-standard APIs only: the same file runs in a
 * Node worker and in a browser's Web Worker.
 *
 * The machine runs in quanta of {@link QUANTUM_MS} on a grid of guest time that it always visits, and canonicalises
 * itself (forgets what it compiled) every {@link CANONICAL_MS}: stopping, looking and saving there change nothing.
 */
import { scanCodes } from '../../../input/scancodes.js';
import type { Blocks, BlockSource } from '../../blocks.js';
import type {
  Drive,
  GuestTime,
  Hardware,
  Medium,
  PointerAction,
  PowerState,
  RemovableMedia,
  WholeFile,
} from '../../engine.js';
import type { KeyCode } from '../../../input/keycodes.js';
import { ownQueues } from './byte-queue.js';
import { OverlayDisk, floppySize, type Overlay } from './disk.js';
import { GuestClock, GuestRandom, type ClockState } from './guest-clock.js';
import { DeviceState, type DeviceSnapshot } from './device-state.js';
import { enterRealm, hostNow } from './realm.js';
import { MemoryCopier, PAGE, type SparseMemory } from './sparse-memory.js';
import { instantiate, type Instance } from './synchronous-jit.js';
import type { Cpu, Emulator, V86Constructor } from './v86-internals.js';

/** The grid of guest time, ms: inputs, observations and canonical points are on it. */
export const QUANTUM_MS = 10;
/** Waits are evaluated at these points of the grid only, ms. */
export const SAMPLE_MS = 50;
/** Every so many guest ms the machine canonicalises: 1 s cost 1 % of a kernel's boot, 0.1 s doubled it. */
export const CANONICAL_MS = 1_000;
/**
 * And before an input, when it has not done so for as many guest ms: what comes after an input is what a scenario changes
 * most often, and is run again from there. A typed line costs a few of these.
 */
export const CANONICAL_BEFORE_INPUT_MS = 100;

/**
 * Reserved on v86's heap right after the start, bytes, so that its memory does not grow later: memory cannot shrink
 * again, and a state that was saved before a growth needs a fresh instance.
 */
const HEAP_RESERVE = 32 << 20;

/** ACPI: SLP_EN and SLP_TYP of PM1a_CNT, at the port where v86's PIIX4 has it. SeaBIOS gives S5 the type 0. */
const PM1A_CONTROL = 0xb004;
/** ACPI: two status bytes of general-purpose events, then two enable bytes. */
const GPE_STATUS = 0xafe0;
const SLEEP_ENABLE = 0x2000;
/** Of PM1's status and enable registers. */
const POWER_BUTTON = 0x100;
const ACPI_INTERRUPT = 9;
const SLEEP_TYPE = 0x1c00;

/** Breaks determinism on purpose, so that `verify` can be shown to notice. */
export type Fault = 'host-clock';

export interface BuildOptions {
  hardware: Hardware;
  firmware: { bios: Uint8Array; vgaBios: Uint8Array };
  wasmModule: WebAssembly.Module;
  loadV86: () => Promise<V86Constructor>;
  openBlocks: (source: BlockSource) => Blocks;
  /** Guest time of this power-on, on the grid. */
  startTime: GuestTime;
  /** Disks of the machine before it was switched off, by their names: they keep what was written. */
  disks?: ReadonlyMap<string, OverlayDisk>;
  /** Overlays to begin with, by disk name. */
  overlays?: ReadonlyMap<string, Overlay>;
  heapReserve?: number;
  fault?: Fault | null;
}

/** Everything a machine is, at one canonical instant. */
export interface CoreSnapshot {
  tick: number;
  clock: ClockState;
  random: number;
  /** v86's whole WebAssembly memory. */
  memory: SparseMemory;
  devices: DeviceSnapshot;
  overlays: Map<string, Overlay>;
  /** Every medium that the snapshot refers to, by its name. */
  media: Map<string, Medium>;
  power: PowerState;
  detail: string | null;
  /** Output of each serial port so far. */
  serial: Uint8Array[];
}

export class V86Machine {
  tick: number;
  power: PowerState = 'running';
  /** Why it is not running any more, in words. */
  detail: string | null = null;
  readonly clock: GuestClock;
  readonly random: GuestRandom;
  /** Output of each serial port since the machine was first started. */
  readonly serial: SerialLog[];
  /** How often the guest, or the reset button, has reset the machine. */
  resets = 0;

  readonly #options: BuildOptions;
  #emulator: Emulator | null = null;
  #instance: Instance | null = null;
  #devices: DeviceState | null = null;
  readonly #disks = new Map<string, OverlayDisk>();
  readonly #media = new Map<string, Medium>();
  #canonicalTick = -1;
  #poweringOff = false;
  #copier: MemoryCopier | null = null;
  /** Non-zero pages of memory as a direct kernel boot left them: a reset brings them back. */
  #bootImage: { at: number; bytes: Uint8Array }[] = [];

  private constructor(options: BuildOptions) {
    this.#options = options;
    this.tick = Math.round(options.startTime / QUANTUM_MS);
    this.clock = new GuestClock(options.hardware.rtc, options.startTime, options.hardware.mips);
    this.random = new GuestRandom(options.hardware.seed);
    this.serial = Array.from({ length: options.hardware.serialPorts }, () => new SerialLog());
    if (options.fault === 'host-clock') this.clock.leakHostTime(hostNow);
  }

  static async build(options: BuildOptions): Promise<V86Machine> {
    const machine = new V86Machine(options);
    await machine.#build();
    return machine;
  }

  async #build(): Promise<void> {
    const { hardware, firmware, wasmModule, loadV86, heapReserve = HEAP_RESERVE } = this.#options;
    enterRealm({ clock: this.clock, random: this.random });
    const V86 = await loadV86();
    const { promise: ready, resolve } = promiseWithResolver();
    const emulator = new V86({
      autostart: false,
      disable_speaker: true,
      disable_keyboard: true,
      disable_mouse: true,
      memory_size: hardware.memoryMb << 20,
      vga_memory_size: hardware.videoMemoryMb << 20,
      acpi: hardware.acpi,
      boot_order: bootOrder(hardware),
      bios: { buffer: exactBuffer(firmware.bios) },
      vga_bios: { buffer: exactBuffer(firmware.vgaBios) },
      uart1: hardware.serialPorts > 1,
      uart2: hardware.serialPorts > 2,
      uart3: hardware.serialPorts > 3,
      ...this.#diskOptions(hardware),
      ...(hardware.kernel === null
        ? {}
        : {
            bzimage: { buffer: this.#whole(hardware.kernel.kernel) },
            ...(hardware.kernel.initrd === null ? {} : { initrd: { buffer: this.#whole(hardware.kernel.initrd) } }),
            cmdline: hardware.kernel.commandLine,
          }),
      wasm_fn: async (imports) => {
        this.#instance = await instantiate(wasmModule, imports, this.clock, this.random);
        return { ...this.#instance.exports };
      },
    });
    emulator.add_listener('emulator-ready', resolve);
    await ready;
    this.#emulator = emulator;
    // v86 would schedule itself when a device wakes the CPU.
    emulator.v86.next_tick = () => undefined;
    const { exports } = this.#running();
    exports.v86_free(exports.v86_malloc(heapReserve));
    this.#watchPorts(emulator);
    this.#fixHardware(emulator.v86.cpu, hardware);
    ownQueues(emulator.v86.cpu.devices.ps2);
    this.#devices = new DeviceState(emulator, {
      name: (object) => this.#nameDisk(object),
      find: (name) => this.#findDisk(name),
    });
    if (hardware.kernel !== null) {
      setVideoMode(emulator.v86.cpu.mem8, hardware.kernel.commandLine);
      this.#bootImage = this.#nonZeroPages();
    }
    // v86's `start` ends with compiled code in no defined state; every machine begins canonical.
    this.canonicalise();
  }

  #running(): Instance & { cpu: Cpu } {
    if (this.#instance === null || this.#emulator === null) throw new Error('the machine is not built yet');
    return { ...this.#instance, cpu: this.#emulator.v86.cpu };
  }

  get #cpu(): Cpu {
    if (this.#emulator === null) throw new Error('the machine is not built yet');
    return this.#emulator.v86.cpu;
  }

  get time(): GuestTime {
    return this.tick * QUANTUM_MS;
  }

  get memory(): WebAssembly.Memory {
    return this.#running().exports.memory;
  }

  #memoryCopier(): MemoryCopier {
    this.#copier ??= new MemoryCopier(this.memory);
    return this.#copier;
  }

  /** Of v86's whole memory, of which the guest's is a part. */
  copyRange(start: number, end: number): SparseMemory {
    return this.#memoryCopier().copyRange(start, end);
  }

  /** Of the guest's main memory, copied. By `MemoryCopier`: looking at each byte of 128 MB in JavaScript takes over a second. */
  #nonZeroPages(): { at: number; bytes: Uint8Array }[] {
    const { byteOffset, length } = this.guestMemory;
    const { pages, bytes } = this.copyRange(byteOffset, byteOffset + length);
    return Array.from(pages, (page, i) => ({ at: page * PAGE, bytes: bytes.subarray(i * PAGE, (i + 1) * PAGE) }));
  }

  /** The guest's main memory, a view that is only valid until the machine runs again. */
  get guestMemory(): Uint8Array {
    return realView(this.#cpu.mem8);
  }

  /** The display's linear memory, likewise. */
  get videoMemory(): Uint8Array {
    return realView(this.#cpu.devices.vga.svga_memory);
  }

  get devices(): DeviceState {
    if (this.#devices === null) throw new Error('the machine is not built yet');
    return this.#devices;
  }

  get disks(): ReadonlyMap<string, OverlayDisk> {
    return this.#disks;
  }

  get vga(): Cpu['devices']['vga'] {
    return this.#cpu.devices.vga;
  }

  #whole({ source }: WholeFile): ArrayBuffer {
    const blocks = this.#options.openBlocks(source);
    try {
      return exactBuffer(blocks.read(0, blocks.size));
    } finally {
      blocks.close?.();
    }
  }

  #diskOptions(hardware: Hardware): Record<string, OverlayDisk> {
    const options: Record<string, OverlayDisk> = {};
    const [hda, hdb] = hardware.disks;
    if (hda !== undefined) options['hda'] = this.#openDisk('disk0', hda);
    if (hdb !== undefined) options['hdb'] = this.#openDisk('disk1', hdb);
    const [fda, fdb] = hardware.floppies;
    if (fda) options['fda'] = this.#openRemovable('floppy0', fda);
    if (fdb) options['fdb'] = this.#openRemovable('floppy1', fdb);
    if (hardware.cdrom) options['cdrom'] = this.#openRemovable('cdrom0', hardware.cdrom);
    return options;
  }

  #openDisk(name: string, medium: Medium, size?: number): OverlayDisk {
    const kept = this.#options.disks?.get(name);
    const disk =
      kept ?? new OverlayDisk(this.#options.openBlocks(medium.source), this.#options.overlays?.get(name), size);
    this.#disks.set(name, disk);
    this.#media.set(name, medium);
    return disk;
  }

  /**
   * Removable media are named by their content: a snapshot may refer to a floppy that is not in its drive any more, and
   * what was written to it is there when it is put in again.
   */
  #openRemovable(drive: Drive, medium: Medium): OverlayDisk {
    return this.#openNamed(`${drive}:${medium.digest}`, medium);
  }

  #openNamed(name: string, medium: Medium): OverlayDisk {
    const open = this.#disks.get(name);
    if (open !== undefined) return open;
    if (!name.startsWith('floppy')) return this.#openDisk(name, medium);
    const { size } = this.#options.openBlocks(medium.source);
    return this.#openDisk(name, medium, floppySize(size) ?? size);
  }

  #nameDisk(object: object): string | null {
    for (const [name, disk] of this.#disks) if (disk === object) return name;
    return null;
  }

  #findDisk(name: string): OverlayDisk {
    const disk = this.#disks.get(name);
    if (disk === undefined) throw new Error(`the state refers to the disk ${name}, which is not there`);
    return disk;
  }

  #watchPorts(emulator: Emulator): void {
    const { cpu } = emulator.v86;
    const { acpi } = cpu.devices;
    if (acpi !== undefined) {
      // v86 ignores SLP_EN.
      cpu.io.register_write(PM1A_CONTROL, acpi, undefined, (value) => {
        acpi.status = value;
        if ((value & SLEEP_ENABLE) !== 0 && (value & SLEEP_TYPE) === 0) this.#poweringOff = true;
      });
      // v86 has no power button. Its interrupt stands as long as the guest wants it and has not cleared it (ACPI 6.5, 4.8.3.1).
      const pollTimer = acpi.timer;
      acpi.timer = (now) => {
        const next = pollTimer.call(acpi, now);
        if ((acpi.pm1_status & acpi.pm1_enable & POWER_BUTTON) !== 0) cpu.device_raise_irq(ACPI_INTERRUPT);
        return next;
      };
      // Status bits are cleared by writing ones (ACPI 6.5, 4.8.4.1). v86 stores what is written: a guest that clears them
      // sets them, and Linux takes that for devices being pulled out.
      for (const register of [0, 1]) {
        cpu.io.register_write(GPE_STATUS + register, acpi, (value) => {
          acpi.gpe[register] = (acpi.gpe[register] ?? 0) & ~value;
        });
      }
    }
    const reboot = cpu.reboot_internal;
    cpu.reboot_internal = () => {
      const instructions = this.clock.instructions();
      reboot.call(cpu);
      this.clock.rebase(instructions);
      this.resets++;
      for (const { at, bytes } of this.#bootImage) {
        cpu.jit_dirty_cache(at, at + bytes.length);
        cpu.mem8.set(bytes, at);
      }
    };
    for (const [port, log] of this.serial.entries()) {
      emulator.add_listener(`serial${port}-output-byte`, (byte) => log.push(byte));
    }
  }

  /** The spec decides what drives there are; stock v86 always has two floppy drives and a CD drive. */
  #fixHardware(cpu: Cpu, hardware: Hardware): void {
    const { drives } = cpu.devices.fdc;
    for (const [i, drive] of drives.entries()) if (i >= hardware.floppies.length) drive.drive_type = 0;
    cpu.devices.rtc.cmos_write(0x10, (drives[0].drive_type << 4) | drives[1].drive_type);
    if (hardware.cdrom === undefined) cpu.devices.ide.secondary.master.drive_connected = false;
  }

  /** Runs to the next point of the grid. A machine that is off or crashed stays as it is, and so does its clock. */
  quantum(): void {
    if (this.power === 'off' || this.power === 'crashed') return;
    const end = (this.tick + 1) * QUANTUM_MS;
    const { exports, consoleLines } = this.#running();
    try {
      while (this.clock.time() < end && !this.#poweringOff) {
        const sleep = exports.main_loop();
        // The lower bound makes sure that time moves although rounding ate the rest.
        if (sleep > 0) this.clock.skip(Math.min(sleep, Math.max(1e-3, end - this.clock.time())));
      }
    } catch (error) {
      this.power = 'crashed';
      this.detail = [error instanceof Error ? error.message : String(error), ...consoleLines.slice(-3)].join('; ');
      this.tick++;
      return;
    }
    this.tick++;
    if (this.#poweringOff) {
      this.power = 'off';
      this.detail = 'the guest powered off (ACPI S5)';
      return;
    }
    this.#noticeHalt();
    this.#retrace();
    if (this.time % CANONICAL_MS === 0) this.canonicalise();
  }

  /**
   * v86 shows a vertical retrace only when a browser draws a frame. Guests wait for one: two in three points of the grid
   * make 67 a second, near a VGA's 70.
   */
  #retrace(): void {
    const { vga } = this.#cpu.devices;
    if (vga.graphical_mode && this.tick % 3 !== 0) vga.update_vertical_retrace();
  }

  /** HLT with interrupts off: only a reset or an NMI, which v86 does not have, would wake it. */
  #noticeHalt(): void {
    const halted = this.#cpu.in_hlt[0] === 1 && ((this.#cpu.flags[0] ?? 0) & 0x200) === 0;
    if (halted && this.power === 'running') {
      this.power = 'halted';
      this.detail = 'the guest stopped its processor for good (HLT with interrupts off)';
    } else if (!halted && this.power === 'halted') {
      this.power = 'running';
      this.detail = null;
    }
  }

  get isCanonical(): boolean {
    return this.#canonicalTick === this.tick;
  }

  /** Whether it will be canonical when an input comes now. A function of the machine's past alone. */
  get isCanonicalBeforeInput(): boolean {
    const isOn = this.power === 'running' || this.power === 'halted';
    return isOn && (this.tick - this.#canonicalTick) * QUANTUM_MS >= CANONICAL_BEFORE_INPUT_MS;
  }

  /** Every input begins with it. */
  beforeInput(): void {
    if (this.isCanonicalBeforeInput) this.canonicalise();
  }

  /**
   * Brings the parts of v86 that depend on its past (compiled code, the TLB) to a defined state. Moves later interrupts
   * by some instructions, so away from the automatic points this is an input.
   */
  canonicalise(): void {
    if (this.isCanonical || this.power === 'crashed') return;
    this.#forgetCompiled();
    this.#canonicalTick = this.tick;
  }

  #forgetCompiled(): void {
    const { cpu, pendingBlocks } = this.#running();
    if (pendingBlocks() > 0) throw new Error('code is still to be installed at a canonical point');
    cpu.jit_clear_cache();
    cpu.full_clear_tlb();
  }

  key(code: KeyCode, down: boolean): void {
    for (const byte of scanCodes(code, down)) this.#send('keyboard-code', byte);
  }

  pointer(action: PointerAction): void {
    const [event, value] = pointerEvent(action);
    this.#send(event, value);
    const { ps2 } = this.#cpu.devices;
    // The VMware pointer only fills a queue; its guest driver looks there when the PS/2 mouse interrupts it.
    if (action.type === 'moveTo' && ps2.use_mouse && ps2.enable_mouse_stream) ps2.send_mouse_packet(0, 0);
  }

  sendSerial(port: number, data: Uint8Array): void {
    for (const byte of data) this.#send(`serial${port}-input`, byte);
  }

  #send(event: string, value: unknown): void {
    this.#emulator?.bus.send(event, value);
  }

  reset(): void {
    this.#cpu.reboot_internal();
    this.power = 'running';
    this.detail = null;
  }

  /** @returns whether there is one: it is ACPI's */
  pressPowerButton(): boolean {
    const { acpi } = this.#cpu.devices;
    if (acpi === undefined) return false;
    acpi.pm1_status |= POWER_BUTTON;
    return true;
  }

  pullPlug(): void {
    this.power = 'off';
    this.detail = 'powered off by the user';
  }

  insert(drive: Drive, medium: Medium | null): void {
    const { fdc, ide } = this.#cpu.devices;
    if (drive === 'cdrom0') {
      if (medium === null) ide.secondary.master.eject();
      else ide.secondary.master.set_cdrom(this.#openRemovable(drive, medium));
      return;
    }
    const floppy = fdc.drives[drive === 'floppy0' ? 0 : 1];
    if (medium === null) floppy.eject_disk();
    else floppy.insert_disk(this.#openRemovable(drive, medium));
  }

  keyboardState(): { pending: number; enabled: boolean } {
    const { ps2 } = this.#cpu.devices;
    return { pending: ps2.kbd_buffer.length + this.#biosKeys(), enabled: ps2.enable_keyboard_stream };
  }

  /**
   * Keys in the BIOS's buffer (40:1A head, 40:1C tail, a ring of 16 words at 40:1E). It drops what does not fit, so keys
   * in it count as not taken. With paging on, an operating system has the keyboard and the buffer is stale.
   */
  #biosKeys(): number {
    const { cr, mem8 } = this.#cpu;
    if (((cr[0] ?? 0) & 0x8000_0000) !== 0) return 0;
    const word = (at: number): number => (mem8[at] ?? 0) | ((mem8[at + 1] ?? 0) << 8);
    const head = word(0x41a);
    const tail = word(0x41c);
    const inRing = (at: number): boolean => at >= 0x1e && at < 0x3e;
    if (!inRing(head) || !inRing(tail)) return 0;
    return ((tail - head + 32) % 32) / 2;
  }

  pointerState(): { absolute: boolean; enabled: boolean; pending: number } {
    const { ps2, vmware } = this.#cpu.devices;
    return {
      absolute: vmware.enabled && vmware.absolute,
      enabled: ps2.use_mouse && ps2.enable_mouse_stream,
      pending: ps2.mouse_buffer.length + (vmware.enabled ? vmware.queue.length : 0),
    };
  }

  /**
   * Call at canonical points only.
   * @param spare a buffer of a snapshot that is not needed any more, to be used again
   */
  snapshot(spare: ArrayBuffer | null = null): CoreSnapshot {
    if (!this.isCanonical) throw new Error('a snapshot away from a canonical point');
    this.clock.time();
    return {
      tick: this.tick,
      clock: { ...this.clock.state },
      random: this.random.state,
      memory: this.#memoryCopier().copy(spare),
      devices: this.devices.capture(),
      overlays: new Map([...this.#disks].map(([name, disk]) => [name, new Map(disk.overlay)])),
      media: new Map(this.#media),
      power: this.power,
      detail: this.detail,
      serial: this.serial.map((log) => log.bytes().slice()),
    };
  }

  /**
   * Goes back to a snapshot of this machine or of another with the same hardware.
   * @returns `needs-fresh-instance` when v86's memory has grown since: nothing has been changed then
   */
  restore(snapshot: CoreSnapshot): 'restored' | 'needs-fresh-instance' {
    const { memory } = this;
    const missing = snapshot.memory.length - memory.buffer.byteLength;
    if (missing < 0 || this.power === 'crashed') return 'needs-fresh-instance';
    if (missing > 0) memory.grow(missing / 65_536);
    this.#restoreMedia(snapshot);
    this.devices.restore(snapshot.devices);
    // The function table must hold nothing of the future.
    this.#forgetCompiled();
    this.#memoryCopier().restore(snapshot.memory);
    this.clock.restore(snapshot.clock);
    this.random.state = snapshot.random;
    this.tick = snapshot.tick;
    this.#canonicalTick = snapshot.tick;
    this.#poweringOff = false;
    this.power = snapshot.power;
    this.detail = snapshot.detail;
    for (const [port, bytes] of snapshot.serial.entries()) this.serial[port]?.replace(bytes);
    return 'restored';
  }

  #restoreMedia(snapshot: CoreSnapshot): void {
    for (const [name, medium] of snapshot.media) this.#openNamed(name, medium);
    for (const [name, overlay] of snapshot.overlays) {
      const disk = this.#disks.get(name);
      disk?.replace(new Map(overlay));
    }
  }
}

/** Bytes that a serial port has sent, growing. */
export class SerialLog {
  #bytes = new Uint8Array(4096);
  length = 0;

  push(byte: number): void {
    if (this.length === this.#bytes.length) {
      const larger = new Uint8Array(this.#bytes.length * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes[this.length++] = byte;
  }

  bytes(from = 0): Uint8Array {
    return this.#bytes.subarray(Math.min(from, this.length), this.length);
  }

  replace(bytes: Uint8Array): void {
    this.length = 0;
    for (const byte of bytes) this.push(byte);
  }
}

/** v86's bus event for what a pointer does. */
function pointerEvent(action: PointerAction): [event: string, value: unknown] {
  switch (action.type) {
    case 'move':
      // The PS/2 protocol counts upwards.
      return ['mouse-delta', [action.dx, -action.dy]];
    case 'moveTo':
      return ['mouse-absolute', [action.x, action.y, 1, 1]];
    case 'buttons':
      return ['mouse-click', [action.left, action.middle, action.right]];
    case 'wheel':
      return ['mouse-wheel', [-action.dy, 0]];
  }
}

/** SeaBIOS's boot order in CMOS: a digit per device, the first in the lowest. */
export function bootOrder({ bootOrder: order }: RemovableMedia): number {
  // 0: nothing. A start from the network is refused where the spec is read.
  const codes = { floppy: 1, disk: 2, cdrom: 3, network: 0 };
  return order.reduce((sum, device, i) => sum | (codes[device] << (4 * i)), 0);
}

/** Where v86 puts a kernel's real-mode part, and the field `vid_mode` in it (Linux boot protocol, offset 0x1FA). */
const VIDEO_MODE_AT = 0x80000 + 0x1fa;

/** `vga=` is for the boot loader, which passes it in the kernel's header; v86 loads the kernel and does not look. */
function setVideoMode(memory: Uint8Array, commandLine: string): void {
  const mode = /(?:^|\s)vga=(0x[0-9a-f]+|\d+)(?:\s|$)/i.exec(commandLine)?.[1];
  if (mode === undefined) return;
  memory[VIDEO_MODE_AT] = Number(mode) & 0xff;
  memory[VIDEO_MODE_AT + 1] = (Number(mode) >> 8) & 0xff;
}

/** v86's views of its memory are proxies that make a new view for every access; this is one such view. */
function realView({ buffer, byteOffset, length }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, length);
}

function exactBuffer(bytes: Uint8Array): ArrayBuffer {
  return bytes.slice().buffer;
}

function promiseWithResolver(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

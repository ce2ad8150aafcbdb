/**
 * Guests of 512 bytes for the conformance suite: boot sectors in real mode that use nothing but the BIOS and ports every
 * PC has. Small enough to boot in a few guest milliseconds, on every engine.
 */

/** An assembler for the handful of instructions that the guests need: bytes, and jumps to labels. */
class Assembler {
  readonly #bytes: number[] = [];
  readonly #labels = new Map<string, number>();
  readonly #fixes: { at: number; label: string; size: 1 | 2; absolute: boolean }[] = [];

  emit(...bytes: number[]): this {
    this.#bytes.push(...bytes);
    return this;
  }

  label(name: string): this {
    this.#labels.set(name, this.#bytes.length);
    return this;
  }

  /** `opcode rel8`: 0xEB jmp, 0x74 jz, 0x75 jnz, 0x72 jc. */
  short(opcode: number, label: string): this {
    this.emit(opcode);
    this.#fixes.push({ at: this.#bytes.length, label, size: 1, absolute: false });
    return this.emit(0);
  }

  call(label: string): this {
    return this.emit(0xe8).near(label);
  }

  /** `rel16`, after 0xE8 call or 0xE9 jmp. */
  near(label: string): this {
    this.#fixes.push({ at: this.#bytes.length, label, size: 2, absolute: false });
    return this.emit(0, 0);
  }

  /** The 16-bit address of a label. */
  address(label: string): this {
    this.#fixes.push({ at: this.#bytes.length, label, size: 2, absolute: true });
    return this.emit(0, 0);
  }

  /** `mov al, character; call print` for each character. */
  print(text: string): this {
    for (const character of text) this.emit(0xb0, character.charCodeAt(0)).call('print');
    return this;
  }

  sector(): Uint8Array {
    for (const { at, label, size, absolute } of this.#fixes) {
      const target = this.#labels.get(label);
      if (target === undefined) throw new Error(`no label ${label}`);
      const value = absolute ? ORIGIN + target : target - (at + size);
      this.#bytes[at] = value & 0xff;
      if (size === 2) this.#bytes[at + 1] = (value >> 8) & 0xff;
    }
    if (this.#bytes.length > 510) throw new Error(`${this.#bytes.length} bytes do not fit a boot sector`);
    const sector = new Uint8Array(512);
    sector.set(this.#bytes);
    sector.set([0x55, 0xaa], 510);
    return sector;
  }
}

const ORIGIN = 0x7c00;

/** Flat real mode, a stack, interrupts on; a `print` routine (AL, BIOS teletype) after it. */
function begin(): Assembler {
  return new Assembler()
    .emit(0xfa, 0x31, 0xc0, 0x8e, 0xd8, 0x8e, 0xc0, 0x8e, 0xd0, 0xbc, 0x00, 0x7c, 0xfb)
    .short(0xeb, 'main')
    .label('print')
    .emit(0xb4, 0x0e, 0xbb, 0x07, 0x00, 0xcd, 0x10, 0xc3)
    .label('main');
}

/** `hlt` for ever, interrupts on. */
function idle(assembler: Assembler): Uint8Array {
  return assembler.label('idle').emit(0xf4).short(0xeb, 'idle').sector();
}

/** Prints a text and idles. */
export function printing(text: string): Uint8Array {
  return idle(begin().print(text));
}

/** Prints what is typed. */
export function typewriter(): Uint8Array {
  return begin().print('>').label('next').emit(0xb4, 0x00, 0xcd, 0x16).call('print').short(0xeb, 'next').sector();
}

/** Sends back on COM1 every byte plus one, after a greeting. */
export function serialEcho(): Uint8Array {
  return begin()
    .emit(0xba, 0xf8, 0x03, 0xb0, '!'.charCodeAt(0), 0xee)
    .label('wait')
    .emit(0xba, 0xfd, 0x03, 0xec, 0xa8, 0x01)
    .short(0x74, 'wait')
    .emit(0xba, 0xf8, 0x03, 0xec, 0xfe, 0xc0, 0xee)
    .short(0xeb, 'wait')
    .sector();
}

/** Prints on LPT1, byte by byte, what is typed on the keyboard, after a greeting. */
export function printingOnPaper(text: string): Uint8Array {
  const sector = begin();
  const byBios = [0x31, 0xd2, 0xb4, 0x00, 0xcd, 0x17]; // dx: the first port; int 17h, function 0: print AL
  for (const character of text) sector.emit(0xb0, character.charCodeAt(0), ...byBios);
  return sector
    .label('next')
    .emit(0xb4, 0x00, 0xcd, 0x16, ...byBios)
    .short(0xeb, 'next')
    .sector();
}

/** Stops the processor with interrupts off. */
export function halting(): Uint8Array {
  return begin().print('halting').emit(0xfa, 0xf4).label('x').short(0xeb, 'x').sector();
}

/** Stops the only timer that a PC starts with, and sleeps: nothing but an input wakes it. Prints what is typed. */
export function sleepingWithoutTimers(): Uint8Array {
  return begin()
    .print('>')
    .emit(0xb0, 0x30, 0xe6, 0x43, 0xb0, 0x01, 0xe6, 0x40, 0xe6, 0x40) // PIT: counts down once, to an end
    .label('next')
    .emit(0xf4, 0xb4, 0x01, 0xcd, 0x16) // hlt; is there a key?
    .short(0x74, 'next')
    .emit(0xb4, 0x00, 0xcd, 0x16)
    .call('print')
    .short(0xeb, 'next')
    .sector();
}

/** Switches itself off by ACPI: writes SLP_EN to PM1a_CNT. */
export function poweringOff(pm1aControl: number): Uint8Array {
  return idle(
    begin()
      .print('bye')
      .emit(0xba, pm1aControl & 0xff, pm1aControl >> 8, 0xb8, 0x01, 0x20, 0xef),
  );
}

/** Switches itself off when its power button is pressed, which it looks for at every tick of its timer. */
export function poweringOffOnButton(pm1aControl: number): Uint8Array {
  const [status, enable] = [pm1aControl - 4, pm1aControl - 2];
  const toDx = (port: number): number[] => [0xba, port & 0xff, port >> 8];
  return idle(
    begin()
      .emit(...toDx(enable), 0xb8, 0x00, 0x01, 0xef, 0xfb) // PWRBTN_EN; sti
      .print('>')
      .label('again')
      .emit(0xf4, ...toDx(status), 0xed, 0xf6, 0xc4, 0x01) // hlt; is PWRBTN_STS set
      .short(0x74, 'again')
      .emit(0xb8, 0x00, 0x01, 0xef) // it is cleared by writing a one
      .emit(...toDx(pm1aControl), 0xb8, 0x01, 0x20, 0xef),
  );
}

/** Switches itself off at the first key. */
export function poweringOffOnKey(pm1aControl: number): Uint8Array {
  return idle(
    begin()
      .print('>')
      .emit(0xb4, 0x00, 0xcd, 0x16)
      .emit(0xba, pm1aControl & 0xff, pm1aControl >> 8, 0xb8, 0x01, 0x20, 0xef),
  );
}

/** A fault in protected mode that no handler takes: a triple fault. */
export function crashing(): Uint8Array {
  return begin()
    .print('crashing')
    .emit(0xfa, 0x0f, 0x01, 0x16) // lgdt
    .address('gdtr')
    .emit(0x0f, 0x01, 0x1e) // lidt
    .address('idtr')
    .emit(0x0f, 0x20, 0xc0, 0x0c, 0x01, 0x0f, 0x22, 0xc0) // CR0.PE
    .emit(0xea) // far jump
    .address('protected')
    .emit(0x08, 0x00)
    .label('protected')
    .emit(0xcc)
    .label('gdt')
    .emit(0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0x9a, 0xcf, 0)
    .label('gdtr')
    .emit(15, 0)
    .address('gdt')
    .emit(0, 0)
    .label('idtr')
    .emit(0, 0, 0, 0, 0, 0)
    .sector();
}

/** Tells the host of a panic, as the driver of a kernel that has given up does (pvpanic). */
export function panicking(): Uint8Array {
  return idle(begin().print('panic').emit(0xba, 0x05, 0x05, 0xb0, 0x01, 0xee));
}

/**
 * Finds the watchdog card by the PCI BIOS, sets both of its stages to a quarter of a second, arms it and idles. Prints `?`
 * when there is none.
 */
export function neglectingWatchdog(): Uint8Array {
  const preload = [0x00, 0x01, 0x00, 0x00];
  return begin()
    .emit(0xb8, 0x02, 0xb1, 0xb9, 0xab, 0x25, 0xba, 0x86, 0x80, 0x31, 0xf6, 0xcd, 0x1a) // find 8086:25ab
    .short(0x72, 'missing')
    .print('armed')
    .emit(0xb8, 0x02, 0xb1, 0xb9, 0xab, 0x25, 0xba, 0x86, 0x80, 0x31, 0xf6, 0xcd, 0x1a)
    .emit(0x53, 0xb8, 0x0a, 0xb1, 0xbf, 0x10, 0x00, 0xcd, 0x1a, 0x66, 0x51) // push bx; BAR 0; push ecx
    .emit(0xfa, 0x0f, 0x01, 0x16) // cli; lgdt
    .address('gdtr')
    .emit(0x0f, 0x20, 0xc0, 0x0c, 0x01, 0x0f, 0x22, 0xc0) // CR0.PE, for a segment that reaches the card
    .emit(0xb9, 0x08, 0x00, 0x8e, 0xc1, 0x24, 0xfe, 0x0f, 0x22, 0xc0, 0xfb) // es; back; sti
    .emit(0x66, 0x5f, 0x66, 0x83, 0xe7, 0xf0) // pop edi; and edi, -16
    .call('unlock')
    .emit(0x26, 0x67, 0x66, 0xc7, 0x07, ...preload)
    .call('unlock')
    .emit(0x26, 0x67, 0x66, 0xc7, 0x47, 0x04, ...preload)
    .emit(0x5b, 0xb8, 0x0b, 0xb1, 0xbf, 0x68, 0x00, 0xb1, 0x02, 0xcd, 0x1a) // pop bx; enable
    .label('idle')
    .emit(0xf4)
    .short(0xeb, 'idle')
    .label('missing')
    .print('?')
    .short(0xeb, 'idle')
    .label('unlock')
    .emit(0x26, 0x67, 0xc7, 0x47, 0x0c, 0x80, 0x00, 0x26, 0x67, 0xc7, 0x47, 0x0c, 0x86, 0x00, 0xc3)
    .label('gdt')
    .emit(0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0x92, 0xcf, 0)
    .label('gdtr')
    .emit(15, 0)
    .address('gdt')
    .emit(0, 0)
    .sector();
}

/**
 * Reads the second sector of the first hard disk, adds one to its first byte, writes it back and prints `#` and what it
 * was: counts its own boots. Prints `?` when the disk gives an error.
 */
export function bootCounter(): Uint8Array {
  const transfer = (assembler: Assembler, command: number): Assembler =>
    assembler.emit(0xb8, 0x01, command, 0xbb, 0x00, 0x80, 0xb9, 0x02, 0x00, 0xba, 0x80, 0x00, 0xcd, 0x13);
  const program = transfer(begin(), 0x02).short(0x72, 'error').emit(0xfe, 0x06, 0x00, 0x80);
  transfer(program, 0x03).short(0x72, 'error');
  // What is printed is on the disk already: whoever reads it may pull the plug.
  return program
    .print('#')
    .emit(0xa0, 0x00, 0x80, 0xfe, 0xc8)
    .call('print')
    .label('idle')
    .emit(0xf4)
    .short(0xeb, 'idle')
    .label('error')
    .print('?')
    .short(0xeb, 'idle')
    .sector();
}

/**
 * Prints `READY`; at each key it writes the next 4 MB of the first hard disk and prints a dot, or `E` when the disk gives an
 * error. At `q` it switches itself off.
 */
export function writing(pm1aControl = 0): Uint8Array {
  return (
    begin()
      .print('READY')
      .label('next')
      .emit(0xb4, 0x00, 0xcd, 0x16, 0x3c, 'q'.charCodeAt(0))
      .short(0x74, 'off')
      .emit(0xb9, 0x80, 0x00) // 128 times 64 sectors
      .label('transfer')
      .emit(0x51, 0xb8, 0x00, 0x43, 0xb2, 0x80, 0xbe)
      .address('packet')
      .emit(0xcd, 0x13, 0x59)
      .short(0x72, 'error')
      // To the next 64 sectors.
      .emit(0x83, 0x06)
      .address('sector')
      .emit(0x40, 0x83, 0x16)
      .address('above')
      .emit(0x00)
      .short(0xe2, 'transfer')
      .print('.')
      .short(0xeb, 'next')
      .label('error')
      .print('E')
      .short(0xeb, 'next')
      .label('off')
      .emit(0xba, pm1aControl & 0xff, pm1aControl >> 8, 0xb8, 0x01, 0x20, 0xef)
      .label('idle')
      .emit(0xf4)
      .short(0xeb, 'idle')
      // For int 13h, function 43h: its size, how many sectors, from where (1000h:0), to where.
      .label('packet')
      .emit(0x10, 0x00, 0x40, 0x00, 0x00, 0x00, 0x00, 0x10)
      .label('sector')
      .emit(0x00, 0x00)
      .label('above')
      .emit(0x00, 0x00, 0x00, 0x00, 0x00, 0x00)
      .sector()
  );
}

/**
 * Answers on COM2 as QEMU's guest agent does: of every line the digits, as what was returned. At a key it is deaf, until the
 * next.
 */
export function answering(): Uint8Array {
  const send = (assembler: Assembler, text: string): Assembler => {
    for (const character of text) assembler.emit(0xba, 0xf8, 0x02, 0xb0, character.charCodeAt(0), 0xee);
    return assembler;
  };
  const program = send(begin().print('>'), '{"return":')
    .label('idle')
    .emit(0xf4, 0xb4, 0x01, 0xcd, 0x16)
    .short(0x75, 'deaf')
    .label('take')
    .emit(0xba, 0xfd, 0x02, 0xec, 0xa8, 0x01)
    .short(0x74, 'idle')
    .emit(0xba, 0xf8, 0x02, 0xec, 0x3c, 0x0a)
    .short(0x74, 'line')
    .emit(0x3c, '0'.charCodeAt(0))
    .short(0x72, 'take')
    .emit(0x3c, '9'.charCodeAt(0))
    .short(0x77, 'take')
    .emit(0xee)
    .short(0xeb, 'take')
    .label('deaf')
    .emit(0xb4, 0x00, 0xcd, 0x16)
    .print('x')
    .emit(0xb4, 0x00, 0xcd, 0x16)
    .print('>')
    .short(0xeb, 'idle')
    .label('line');
  return send(program, '}\n{"return":').emit(0xe9).near('take').sector();
}

/** Prints the date of the real-time clock as YYYYMMDD. */
export function dating(): Uint8Array {
  const program = begin().emit(0xb4, 0x04, 0xcd, 0x1a, 0x51, 0x52); // CX, DX in BCD on the stack
  program.emit(0x59, 0x5b, 0x53, 0x51, 0x88, 0xf8).call('byte'); // pop cx (DX); pop bx (CX); push both back; al = bh
  program.emit(0x59, 0x5b, 0x53, 0x51, 0x88, 0xd8).call('byte');
  program.emit(0x59, 0x51, 0x88, 0xe8).call('byte');
  program.emit(0x59, 0x51, 0x88, 0xc8).call('byte');
  return program
    .label('idle')
    .emit(0xf4)
    .short(0xeb, 'idle')
    .label('byte')
    .emit(0x50, 0xc0, 0xe8, 0x04)
    .call('digit')
    .emit(0x58, 0x24, 0x0f)
    .label('digit')
    .emit(0x04, 0x30, 0x60)
    .call('print')
    .emit(0x61, 0xc3)
    .sector();
}

/** Counts up in memory without pause, so that every instant has another state. */
export function counting(): Uint8Array {
  return begin()
    .label('on')
    .emit(0x66, 0xff, 0x06, 0x00, 0x80) // inc dword [0x8000]
    .short(0xeb, 'on')
    .sector();
}

/** A disk image: a boot sector, then a sector that begins with `A`, then zeros. */
export function diskWith(bootSector: Uint8Array, bytes = 64 * 1024): Uint8Array {
  const disk = new Uint8Array(bytes);
  disk.set(bootSector);
  disk[512] = 'A'.charCodeAt(0);
  return disk;
}

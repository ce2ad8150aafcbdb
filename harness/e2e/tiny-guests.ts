/** Guests of one boot sector, assembled by hand: up in a moment, and each ends in its own way. */

/** Builds 16-bit code that the firmware loads at 0x7C00 and starts. */
class Sector {
  readonly #bytes: number[] = [];

  /** Any instruction, as its bytes. */
  code(...bytes: number[]): this {
    this.#bytes.push(...bytes);
    return this;
  }

  /** Writes a text through the firmware (INT 10h, AH=0Eh), character by character. */
  print(text: string): this {
    // mov ah,0Eh; mov al,c; mov bx,7; int 10h
    for (const character of text) this.code(0xb4, 0x0e, 0xb0, character.charCodeAt(0), 0xbb, 0x07, 0x00, 0xcd, 0x10);
    return this;
  }

  /** Writes a text to the first serial port. */
  send(text: string): this {
    // mov dx,3F8h; mov al,c; out dx,al
    for (const character of text) this.code(0xba, 0xf8, 0x03, 0xb0, character.charCodeAt(0), 0xee);
    return this;
  }

  /** Waits for a key (INT 16h, AH=0). */
  waitForKey(): this {
    return this.code(0xb4, 0x00, 0xcd, 0x16);
  }

  /** A floppy of 1.44 MB that boots this code. */
  floppy(): Uint8Array {
    if (this.#bytes.length > 510) throw new Error(`${this.#bytes.length} bytes of code do not fit a boot sector`);
    const image = new Uint8Array(1_474_560);
    image.set(this.#bytes);
    image.set([0x55, 0xaa], 510);
    return image;
  }
}

/** sti; hlt; jmp back to the hlt: idles for ever, taking interrupts. */
const IDLE = [0xfb, 0xf4, 0xeb, 0xfd];

/** Shows `READY`, sends `ready` over serial, then echoes each key. */
export function echoingGuest(greeting = 'READY'): Uint8Array {
  return (
    new Sector()
      .print(`${greeting}\r\n`)
      .send('ready\r\n')
      // again: mov ah,0; int 16h; mov ah,0Eh; mov bx,7; int 10h; jmp again
      .code(0xb4, 0x00, 0xcd, 0x16, 0xb4, 0x0e, 0xbb, 0x07, 0x00, 0xcd, 0x10, 0xeb, 0xf3)
      .floppy()
  );
}

/** Sends a text over serial, then echoes each byte that comes there, to the port and to the screen. */
export function serialEchoingGuest(greeting = 'ready\r\n'): Uint8Array {
  return (
    new Sector()
      .print('SERIAL')
      .send(greeting)
      // sti; idle: hlt; again: mov dx,3FDh; in al,dx; test al,1; jz idle
      .code(0xfb, 0xf4, 0xba, 0xfd, 0x03, 0xec, 0xa8, 0x01, 0x74, 0xf7)
      // mov dx,3F8h; in al,dx; out dx,al; mov ah,0Eh; mov bx,7; int 10h; jmp again
      .code(0xba, 0xf8, 0x03, 0xec, 0xee, 0xb4, 0x0e, 0xbb, 0x07, 0x00, 0xcd, 0x10, 0xeb, 0xea)
      .floppy()
  );
}

/** Writes a dot at every tick of the timer, 18 times a second. */
export function tickingGuest(): Uint8Array {
  // sti; again: hlt; mov ah,0Eh; mov al,'.'; mov bx,7; int 10h; jmp again
  return new Sector().code(0xfb, 0xf4, 0xb4, 0x0e, 0xb0, 0x2e, 0xbb, 0x07, 0x00, 0xcd, 0x10, 0xeb, 0xf4).floppy();
}

/** Shows `READY` and idles. */
export function idlingGuest(greeting = 'READY'): Uint8Array {
  return new Sector()
    .print(greeting)
    .code(...IDLE)
    .floppy();
}

/** Shows `BYE`, and powers off through ACPI at a key: SLP_EN with type 0 to PM1a_CNT at port B004h. */
export function poweringOffGuest({ atKey = false } = {}): Uint8Array {
  const sector = new Sector().print('BYE');
  if (atKey) sector.waitForKey();
  // mov dx,B004h; mov ax,2001h; out dx,ax; then idle
  return sector.code(0xba, 0x04, 0xb0, 0xb8, 0x01, 0x20, 0xef, ...IDLE).floppy();
}

/** Shows `STOP` and halts for good: cli; hlt. */
export function haltingGuest(): Uint8Array {
  return new Sector().print('STOP').code(0xfa, 0xf4).floppy();
}

/** Shows `BOOM` and faults in protected mode, where an empty interrupt table leaves nothing to handle it. */
export function crashingGuest(): Uint8Array {
  return (
    new Sector()
      .print('BOOM')
      // cli; xor ax,ax; mov ds,ax; lidt [7DF0h] (six zero bytes)
      .code(0xfa, 0x31, 0xc0, 0x8e, 0xd8, 0x0f, 0x01, 0x1e, 0xf0, 0x7d)
      // mov eax,cr0; or al,1; mov cr0,eax; ud2
      .code(0x0f, 0x20, 0xc0, 0x0c, 0x01, 0x0f, 0x22, 0xc0, 0x0f, 0x0b)
      .floppy()
  );
}

/** What QEMU's monitor says of the processors (`info registers -a`): the only place that tells whether they have stopped. */

export interface Processors {
  /** Every processor executed HLT. */
  asleep: boolean;
  /** Every processor executed HLT with interrupts off: only a reset or an NMI wakes one. */
  stopped: boolean;
  /** The first processor translates addresses: an operating system runs, not the firmware. */
  paging: boolean;
  /** Where the first processor is: base of the code segment plus instruction pointer. */
  address: number;
}

const INTERRUPTS = 0x200;
const PAGING = 0x8000_0000;

/** @returns null for a text that is not understood: another version, or another architecture */
export function parseRegisters(text: string): Processors | null {
  const processors = text.split(/^CPU#\d+/m).slice(1);
  const read = processors.map((part) => ({
    flags: /\b[ER]FL=([0-9a-f]+)/.exec(part)?.[1],
    halted: /\bHLT=([01])/.exec(part)?.[1],
    control: /\bCR0=([0-9a-f]+)/.exec(part)?.[1],
    pointer: /\b[ER]IP=([0-9a-f]+)/.exec(part)?.[1],
    code: /\bCS =[0-9a-f]+ ([0-9a-f]+)/.exec(part)?.[1],
  }));
  const [first] = read;
  if (first?.control === undefined || first.pointer === undefined) return null;
  return {
    asleep: read.every(({ halted }) => halted === '1'),
    stopped: read.every(
      ({ flags, halted }) => flags !== undefined && halted === '1' && (parseInt(flags, 16) & INTERRUPTS) === 0,
    ),
    paging: (parseInt(first.control, 16) & PAGING) !== 0,
    address: parseInt(first.pointer, 16) + parseInt(first.code ?? '0', 16),
  };
}

/** Of `xp /2hx 0x41a`: head and tail of the BIOS's keyboard buffer, a ring of 16 words at 40:1E. */
export function parseBiosKeys(text: string): number {
  const [head, tail] = [...text.matchAll(/0x([0-9a-f]{4})\b/g)].map(([, hex = '']) => parseInt(hex, 16));
  const inRing = (at: number | undefined): at is number => at !== undefined && at >= 0x1e && at < 0x3e;
  if (!inRing(head) || !inRing(tail)) return 0;
  return ((tail - head + 32) % 32) / 2;
}

/** The words that {@link parseBiosKeys} reads. */
export const BIOS_KEYS = 'xp /2hx 0x41a';

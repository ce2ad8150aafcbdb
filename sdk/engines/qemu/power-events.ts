/** What QEMU's events mean for a machine's power. */
import type { Architecture } from '../engine.js';
import type { QmpEvent } from './qmp.js';

/** What has become of the machine; `machine.ts` acts on it. */
export type PowerChange =
  | { kind: 'off'; detail: string }
  | { kind: 'crashed'; detail: string }
  /** The guest reset itself and waits to be started again. */
  | { kind: 'reset' }
  /** It stopped at a triple fault; where (`isFirmware`) decides what that was. */
  | { kind: 'triple-fault' }
  /** It stopped, and why is to be asked for (`query-status`). */
  | { kind: 'stopped' };

/**
 * @param tripleFault QEMU's log has told of a triple fault since the last reset. To QEMU it is a reset like any other;
 * with hardware acceleration it does not even log it, and then it is a reset here too.
 */
export function decidePower({ name, data }: QmpEvent, tripleFault: boolean): PowerChange | null {
  switch (name) {
    case 'SHUTDOWN':
      return decideShutdown(String(data['reason']), tripleFault);
    case 'GUEST_PANICKED':
      return { kind: 'crashed', detail: 'the guest reported a panic (pvpanic)' };
    case 'WATCHDOG':
      return { kind: 'crashed', detail: 'the watchdog of the guest fired' };
    case 'STOP':
      return { kind: 'stopped' };
    default:
      return null;
  }
}

function decideShutdown(reason: string, tripleFault: boolean): PowerChange | null {
  switch (reason) {
    case 'guest-shutdown':
      return { kind: 'off', detail: 'the guest powered off (ACPI S5)' };
    case 'guest-reset':
      return tripleFault ? { kind: 'triple-fault' } : { kind: 'reset' };
    case 'guest-panic':
      return { kind: 'crashed', detail: 'the guest reported a panic (pvpanic)' };
    default:
      return null;
  }
}

/**
 * What it means that QEMU ended and nobody had ended it; null: it died. Before 8.2, QEMU's board for RISC-V ends the
 * process where the guest powers off (`hw/misc/sifive_test.c`), whatever `-action` says: with 0, unless the guest
 * says that it failed, which cannot be told from a failure of QEMU's.
 */
export function decideEnd(architecture: Architecture, exitCode: number | null): PowerChange | null {
  return architecture === 'riscv64' && exitCode === 0 ? { kind: 'off', detail: 'the guest powered off' } : null;
}

/** A line of QEMU's log that tells of a triple fault (`target/i386/tcg/sysemu/excp_helper.c`). */
export function isTripleFault(line: string): boolean {
  return /^Triple fault/i.test(line);
}

/**
 * Whether an address is the firmware's. SeaBIOS itself resets by a triple fault, as the last step of every reset: after
 * the reset button, too, it first puts back what the ROM was, and then resets once more.
 */
export function isFirmware(address: number): boolean {
  return address >= 0xe0000 && address <= 0xfffff;
}

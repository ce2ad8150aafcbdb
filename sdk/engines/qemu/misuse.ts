/** What a machine answers when it is asked for what it cannot do, or no longer can. */
import { GuestwrightError } from '../../errors.js';
import type { PortDevice } from '../engine.js';

export function unsupported(code: string, summary: string): GuestwrightError {
  return new GuestwrightError(summary, { kind: 'usage', code });
}

export function portMissing(device: PortDevice, port: number): GuestwrightError {
  return unsupported(...MISSING[device](port));
}

const MISSING: Readonly<Record<PortDevice, (port: number) => [code: string, summary: string]>> = {
  serial: (port) => ['serial-port-missing', `There is no serial port ${port}`],
  parallel: (port) => ['parallel-port-missing', `There is no parallel port ${port}`],
  console: (port) => ['virtio-console-missing', `There is no virtio console ${port}`],
};

export function machineOff(): GuestwrightError {
  return new GuestwrightError('The reset button does nothing: the machine is off', {
    kind: 'usage',
    code: 'machine-off',
    next: 'start it again',
  });
}

export function disposed(): GuestwrightError {
  return new GuestwrightError('The machine has been disposed', {
    kind: 'usage',
    code: 'machine-disposed',
    next: 'await every call on the machine before its test or its owner ends',
  });
}

export function unknownSnapshot(id: string): GuestwrightError {
  return new GuestwrightError(`There is no snapshot ${id}`, {
    kind: 'usage',
    code: 'snapshot-unknown',
    next: 'a snapshot is gone when it has been forgotten, and with its machine',
  });
}

export function stateMediumMissing(keys: readonly string[]): GuestwrightError {
  return new GuestwrightError('The saved state needs a medium that this machine does not have', {
    kind: 'usage',
    code: 'state-medium-missing',
    expected: `the medium that was in the drive when it was saved: ${keys.join(', ')} (drive, then the start of its digest)`,
    next: 'launch with that medium in the drive, or insert it before reverting',
  });
}

export function foreignOverlay(path: string): GuestwrightError {
  return new GuestwrightError(`${path} is not an overlay of this engine`, {
    kind: 'usage',
    code: 'overlay-foreign',
    expected: 'no file there, or a qcow2 image, as the engine qemu writes it',
    seen: 'a file of another kind: the engine v86 has its own',
    next: 'give every engine an overlay of its own',
  });
}

export function memoryClosed(): GuestwrightError {
  return new GuestwrightError("QEMU's memory can no longer be opened from outside", {
    kind: 'infrastructure',
    code: 'qemu-restore',
    expected: 'memory that can be opened under /proc, as it was when the machine was saved',
    seen: 'the host refuses it, or does not show it',
    next: 'look what has changed on this host: user, /proc or a security module',
  });
}

/** Why a guest was not shut down, in words. */
import { GuestwrightError } from '../errors.js';

/** Guest ms that a guest is given to shut down. */
export const SHUTDOWN_MS = 120_000;

export function shutdownUnanswered(machine: string, seen: string): GuestwrightError {
  return new GuestwrightError(`${machine} did not shut down`, {
    kind: 'guest',
    code: 'shutdown-unanswered',
    expected: 'a guest that powers off when its power button is pressed',
    seen,
    next: 'the guest needs ACPI and something that listens (systemd, acpid); it runs on: power it off, or shut it down from within',
  });
}

export function noPowerButton(machine: string, engine: string): GuestwrightError {
  return new GuestwrightError(`${machine} has no power button`, {
    kind: 'usage',
    code: 'power-button-unsupported',
    expected: 'an engine that can ask its guest to shut down',
    seen: `a machine on ${engine}`,
    next: 'shut it down from within, or power it off',
  });
}

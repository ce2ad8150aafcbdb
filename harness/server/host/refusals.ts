/** Why a host does not do what it was asked for, in words. */
import { GuestwrightError } from '../../../sdk/errors.js';
import type { HostedState } from '../machines/status.js';

export function hostInUse(folder: string, pid: number | null): GuestwrightError {
  return new GuestwrightError(`${folder} is served already`, {
    kind: 'usage',
    code: 'host-in-use',
    expected: 'a folder that no daemon serves',
    seen: pid === null ? 'a daemon that is just starting' : `the process ${pid}`,
    next: 'end that daemon, or name another folder with --folder',
  });
}

export function unknown(name: string, all: readonly string[]): GuestwrightError {
  return new GuestwrightError(`There is no machine ${name}`, {
    kind: 'usage',
    code: 'machine-unknown',
    expected: all.length === 0 ? 'a machine of this host, which has none' : `one of: ${[...all].sort().join(', ')}`,
    seen: name,
    next: 'guestwright machine create, or register one that lies elsewhere',
  });
}

export function exists(name: string): GuestwrightError {
  return new GuestwrightError(`There is a machine ${name} already`, {
    kind: 'usage',
    code: 'machine-exists',
    expected: 'a name that no machine of this host has',
    seen: name,
    next: 'choose another name, or delete the other machine',
  });
}

export function running(name: string, state: HostedState): GuestwrightError {
  return new GuestwrightError(`${name} runs`, {
    kind: 'usage',
    code: 'machine-running',
    expected: 'a machine that is turned off or saved',
    seen: state,
    next: `guestwright machine save ${name}, or power-off`,
  });
}

export function notRunning(name: string, state: HostedState): GuestwrightError {
  return new GuestwrightError(`${name} does not run`, {
    kind: 'usage',
    code: 'machine-not-running',
    expected: 'a machine that runs',
    seen: state,
    next: `guestwright machine start ${name}`,
  });
}

export function busy(name: string, as: string): GuestwrightError {
  return new GuestwrightError(`${name} is busy`, {
    kind: 'usage',
    code: 'machine-busy',
    expected: 'a machine that nothing else is done with at the moment',
    seen: as,
    next: 'wait for that, or cancel its task',
  });
}

export function notSaved(name: string, state: HostedState): GuestwrightError {
  return new GuestwrightError(`${name} has no saved state`, {
    kind: 'usage',
    code: 'machine-not-saved',
    expected: 'a machine that is saved',
    seen: state,
  });
}

export function savedState(name: string): GuestwrightError {
  return new GuestwrightError(`${name} is saved, and its state fits its present hardware only`, {
    kind: 'usage',
    code: 'machine-saved',
    expected: 'a machine that is turned off',
    seen: 'a saved state',
    next: 'start it and power it off, or discard the state, before its hardware is changed',
  });
}

export function registered(path: string): GuestwrightError {
  return new GuestwrightError(`${path} is a machine of this host already`, {
    kind: 'usage',
    code: 'machine-exists',
    seen: path,
  });
}

export function noFolder(path: string): GuestwrightError {
  return new GuestwrightError(`There is no machine in ${path}`, {
    kind: 'usage',
    code: 'machine-missing',
    expected: 'a folder of this host with a file machine.json',
    seen: 'no such folder',
  });
}

export function inUse(path: string): GuestwrightError {
  return new GuestwrightError(`The machine in ${path} runs, on another host`, {
    kind: 'usage',
    code: 'machine-in-use',
    expected: 'a machine that nobody runs',
    seen: path,
    next: 'save it or power it off there',
  });
}

export function notRegistered(name: string): GuestwrightError {
  return new GuestwrightError(`${name} lives in the folder of this host`, {
    kind: 'usage',
    code: 'machine-not-registered',
    expected: 'a machine that was registered from elsewhere',
    seen: name,
    next: 'move its folder elsewhere while the daemon is stopped, or delete it',
  });
}

/** What the calls of the API are tried with. */
import type { CallName } from './contract.js';

/** Every call with something that its contract takes. */
export const EXAMPLES: Partial<Record<CallName, Record<string, unknown>>> = {
  createMachine: { name: 'first', spec: {} },
  registerMachine: { folder: 'nowhere' },
  configureMachine: { notes: 'x' },
  renameMachine: { to: 'other' },
  cloneMachine: { to: 'other' },
  shutdownMachine: { limit: 1 },
  takeSnapshot: { name: 'one' },
  changeMedium: { drive: 'cdrom0', medium: null },
  handle: { kind: 'press', chord: 'Enter' },
  takeControl: { force: false },
  makeToken: { name: 'other', grants: { host: [], machines: {} } },
  grantToken: { host: [], machines: {} },
  changeOwnPassword: { old: 'what it was', new: 'a longer password' },
  signIn: { user: 'nobody', password: 'whatever it is' },
  makeUser: { name: 'anna', password: 'a longer password', grants: {} },
  grantUser: { host: [], machines: {} },
  setPassword: { password: 'a longer password' },
};

export const PARAMS: Record<string, string> = {
  name: 'first',
  snapshot: 'one',
  task: '7b1f8a52-6f0b-4f3e-9c40-0f6d1a2b3c4d',
  token: 'nobody',
  user: 'nobody',
};

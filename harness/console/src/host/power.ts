/** What can be done with a machine in which state, and how that is called. */
import type { MachineState, PageCall } from './api.js';

export type PowerCall = Extract<
  PageCall,
  | 'startMachine'
  | 'saveMachine'
  | 'shutdownMachine'
  | 'powerOffMachine'
  | 'discardState'
  | 'pauseMachine'
  | 'resumeMachine'
  | 'resetMachine'
>;

export interface PowerAction {
  call: PowerCall;
  words: string;
  about: string;
  /** Asked first: it loses something. */
  confirm: string | null;
}

const ACTIONS: Record<PowerCall, Omit<PowerAction, 'call'>> = {
  startMachine: { words: 'Start', about: 'Switch it on, or go on where it was saved', confirm: null },
  pauseMachine: { words: 'Pause', about: "Stop the guest's time", confirm: null },
  resumeMachine: { words: 'Resume', about: "Let the guest's time go on", confirm: null },
  saveMachine: { words: 'Save', about: 'Save its state and end it', confirm: null },
  shutdownMachine: {
    words: 'Shut down',
    about: 'Press its power button, and wait for the guest to end by itself',
    confirm: null,
  },
  resetMachine: { words: 'Reset', about: 'The reset button', confirm: 'What the guest has not written is lost.' },
  powerOffMachine: { words: 'Power off', about: 'Pull the plug', confirm: 'What the guest has not written is lost.' },
  discardState: {
    words: 'Discard state',
    about: 'Throw its saved state away: it is off then',
    confirm: 'The guest then starts as after a power cut.',
  },
};

const IN_STATE: Record<MachineState, readonly PowerCall[]> = {
  'turned-off': ['startMachine'],
  saved: ['startMachine', 'discardState'],
  'turning-on': [],
  restoring: [],
  running: ['pauseMachine', 'saveMachine', 'shutdownMachine', 'resetMachine', 'powerOffMachine'],
  paused: ['resumeMachine', 'saveMachine', 'powerOffMachine'],
  saving: [],
  'turning-off': [],
  crashed: ['resetMachine', 'powerOffMachine'],
  'merging-disks': [],
};

export function powerActions(state: MachineState): PowerAction[] {
  return ((IN_STATE[state] as readonly PowerCall[] | undefined) ?? []).map((call) => ({ call, ...ACTIONS[call] }));
}

/** What a machine's state is called, and the colour of its dot: `on`, `still`, `off`, `moving` or `bad`. */
const STATES: Record<MachineState, { words: string; look: string }> = {
  'turned-off': { words: 'off', look: 'off' },
  saved: { words: 'saved', look: 'still' },
  'turning-on': { words: 'turning on', look: 'moving' },
  restoring: { words: 'restoring', look: 'moving' },
  running: { words: 'running', look: 'on' },
  paused: { words: 'paused', look: 'still' },
  saving: { words: 'saving', look: 'moving' },
  'turning-off': { words: 'turning off', look: 'moving' },
  crashed: { words: 'crashed', look: 'bad' },
  'merging-disks': { words: 'merging disks', look: 'moving' },
};

export function wordState(state: MachineState): { words: string; look: string } {
  // A host of another release may have more.
  return (STATES as Partial<typeof STATES>)[state] ?? { words: state, look: 'moving' };
}

export const isOff = (state: MachineState): boolean => state === 'turned-off' || state === 'saved';
/** It has a screen to look at. */
export const hasScreen = (state: MachineState): boolean => ['running', 'paused', 'crashed'].includes(state);

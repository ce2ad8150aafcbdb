/** Keys and pointer movements as QEMU's `input-send-event` takes them. */
import type { Input, PointerAction } from '../engine.js';
import { qcodeOf } from './qcodes.js';

export interface MouseButtons {
  left: boolean;
  middle: boolean;
  right: boolean;
}

/** An element of `events` of QMP's `input-send-event`. */
export type QemuEvent =
  | { type: 'key'; data: { down: boolean; key: { type: 'qcode'; data: string } } }
  | { type: 'btn'; data: { down: boolean; button: string } }
  | { type: 'rel' | 'abs'; data: { axis: 'x' | 'y'; value: number } };

/** Positions are told in so many steps over the screen (`INPUT_EVENT_ABS_MAX`). */
const ABSOLUTE_MAX = 0x7fff;

/**
 * @param buttons those that are down
 * @returns groups of events, each for one command, and the buttons that are down then
 */
export function inputEvents(
  input: Extract<Input, { kind: 'key' | 'pointer' }>,
  buttons: MouseButtons,
): { events: QemuEvent[][]; buttons: MouseButtons } {
  if (input.kind === 'key') {
    const key = { type: 'qcode', data: qcodeOf(input.code) } as const;
    return { events: [[{ type: 'key', data: { down: input.down, key } }]], buttons };
  }
  const { action } = input;
  if (action.type !== 'buttons') return { events: movement(action), buttons };
  const { left, middle, right } = action;
  const wanted = { left, middle, right };
  const changed = (['left', 'middle', 'right'] as const).filter((name) => wanted[name] !== buttons[name]);
  const events = changed.map((button): QemuEvent => ({ type: 'btn', data: { down: wanted[button], button } }));
  return { events: events.length === 0 ? [] : [events], buttons: wanted };
}

function movement(action: Exclude<PointerAction, { type: 'buttons' }>): QemuEvent[][] {
  switch (action.type) {
    case 'move':
      return [
        [
          { type: 'rel', data: { axis: 'x', value: action.dx } },
          { type: 'rel', data: { axis: 'y', value: action.dy } },
        ],
      ];
    case 'moveTo':
      return [
        [
          { type: 'abs', data: { axis: 'x', value: Math.round(action.x * ABSOLUTE_MAX) } },
          { type: 'abs', data: { axis: 'y', value: Math.round(action.y * ABSOLUTE_MAX) } },
        ],
      ];
    case 'wheel': {
      const button = action.dy > 0 ? 'wheel-down' : 'wheel-up';
      return Array.from({ length: Math.abs(action.dy) }, () =>
        [true, false].map((down): QemuEvent[] => [{ type: 'btn', data: { down, button } }]),
      ).flat();
    }
  }
}

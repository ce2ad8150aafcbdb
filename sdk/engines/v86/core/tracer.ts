/** Notes what changes from one point of the grid to the next: what a timeline is made of. Never disturbs the guest. */
import type { GuestTime, PowerState, TracedChange } from '../../engine.js';
import type { ScreenContent } from '../../../screen/content.js';
import { SAMPLE_MS, type V86Machine } from './machine.js';
import { readScreen, ScreenWatch } from './vga.js';

export class Tracer {
  readonly #watch = new ScreenWatch();
  readonly #sent: number[] = [];
  #keyboard = '';
  #pointer = '';
  #power: PowerState = 'running';
  #resets = 0;
  /** Where it was called last. */
  #at: GuestTime = -1;
  #isFirst = true;
  /** Whether anything came over a port since the last sample point before this one. */
  heard = false;

  /**
   * An input begins another stretch, and so does a revert: what the screen shows at the next sample point is noted whether
   * or not it has changed, so that it does not matter what was looked at before.
   */
  begin({ time }: V86Machine): void {
    this.#at = time;
    this.#isFirst = true;
  }

  /** What has changed since the last call. */
  note(machine: V86Machine): TracedChange[] {
    const { time: at, power, detail, resets } = machine;
    const changes: TracedChange[] = [];
    if (this.#at % SAMPLE_MS === 0 && at !== this.#at) this.heard = false;
    if (resets !== this.#resets) changes.push({ kind: 'reset', at });
    if (power !== this.#power) changes.push({ kind: 'power', at, state: power, detail });
    this.#resets = resets;
    this.#power = power;
    for (const [port, log] of machine.serial.entries()) {
      const from = this.#sent[port] ?? 0;
      if (log.length !== from) {
        changes.push({ kind: 'serial', at, port, data: log.bytes(from).slice() });
        this.heard = true;
      }
      this.#sent[port] = log.length;
    }
    const keyboard = machine.keyboardState();
    const pointer = machine.pointerState();
    if (this.#keyboard !== (this.#keyboard = JSON.stringify(keyboard)))
      changes.push({ kind: 'keyboard', at, keyboard });
    if (this.#pointer !== (this.#pointer = JSON.stringify(pointer))) changes.push({ kind: 'pointer', at, pointer });
    if (at % SAMPLE_MS === 0 && at !== this.#at) {
      const hasChanged = this.#watch.changed(machine.vga, machine.videoMemory);
      if (hasChanged || this.#isFirst) changes.push({ kind: 'screen', at, content: textOf(machine) });
      this.#isFirst = false;
    }
    this.#at = at;
    return changes;
  }
}

/** Pictures are many and large: of those only what somebody looks at is kept. */
function textOf(machine: V86Machine): ScreenContent | null {
  const content = readScreen(machine.vga, machine.videoMemory);
  return content.kind === 'graphic' ? null : content;
}

/** What the guest is doing with its processors, its keyboard and its pointer, as far as QEMU tells. */
import { z } from 'zod';
import type { Answers } from '../engine.js';
import { InputWatch } from './input-watch.js';
import type { QmpClient } from './qmp.js';
import { BIOS_KEYS, parseBiosKeys, parseRegisters } from './registers.js';

/** Milliseconds between two looks at the processors, for whether they have stopped for good. */
const PROCESSORS_EVERY_MS = 250;

const mice = z.array(z.object({ name: z.string(), current: z.boolean(), absolute: z.boolean() }));

export class GuestWatch {
  readonly input = new InputWatch();
  /** An operating system has switched paging on: what is in the BIOS's buffer is stale. */
  paging = false;
  readonly #traces: boolean;
  readonly #hasBiosKeys: boolean;
  readonly #now: () => number;
  #stopsSeen = 0;
  #processorsSeen = 0;

  /**
   * @param known.traces whether QEMU's log tells of the keyboard
   * @param known.biosKeys whether there is a BIOS, with a buffer for keys
   * @param now what the looks are counted in, ms: wall time, or guest time where the guest stands meanwhile
   */
  constructor(known: { traces: boolean; biosKeys: boolean }, now: () => number = () => performance.now()) {
    this.#now = now;
    this.#traces = known.traces;
    this.#hasBiosKeys = known.biosKeys;
  }

  /** After a reset or a power-on. */
  reset(): void {
    this.input.reset();
    this.paging = false;
    this.#stopsSeen = 0;
  }

  /** In another process. */
  restore({ input, paging }: { input: ReturnType<InputWatch['save']>; paging: boolean }): void {
    this.input.restore(input);
    this.paging = paging;
    this.#stopsSeen = 0;
  }

  /** Milliseconds until the processors are to be looked at again. */
  get processorsDueIn(): number {
    return this.#processorsSeen + PROCESSORS_EVERY_MS - this.#now();
  }

  /** Whether every processor is stopped, as it looks at this instant. */
  async areProcessorsStopped(qmp: Pick<QmpClient, 'human'>): Promise<boolean> {
    return parseRegisters(await qmp.human('info registers -a'))?.stopped === true;
  }

  /**
   * Whether every processor has stopped for good.
   * @param stands the machine does not run meanwhile; of one that runs it has to be seen twice in a row, because between two
   * instructions it may look so
   */
  async haveProcessorsStopped(qmp: Pick<QmpClient, 'human'>, stands: boolean): Promise<boolean> {
    this.#processorsSeen = this.#now();
    this.#stopsSeen = (await this.areProcessorsStopped(qmp)) ? this.#stopsSeen + 1 : 0;
    return this.#stopsSeen >= (stands ? 1 : 2);
  }

  /** @param qmp null: the machine is off */
  async keyboard(qmp: QmpClient | null): Promise<Answers['keyboard']> {
    // Without traces nothing is known of the keyboard but that there is one.
    const enabled = this.#traces ? this.input.keyboardEnabled : true;
    const { pendingKeys } = this.input;
    return { enabled, pending: pendingKeys > 0 || qmp === null ? pendingKeys : await this.#biosKeys(qmp) };
  }

  /** Keys in the BIOS's buffer, which drops what does not fit. */
  async #biosKeys(qmp: QmpClient): Promise<number> {
    if (this.paging || !this.#hasBiosKeys) return 0;
    const [registers, keys] = await Promise.all([qmp.human('info registers'), qmp.human(BIOS_KEYS)]);
    this.paging = parseRegisters(registers)?.paging === true;
    return this.paging ? 0 : parseBiosKeys(keys);
  }

  /** @param qmp null: the machine is off */
  async pointer(qmp: QmpClient | null): Promise<Answers['pointer']> {
    if (qmp === null) return { absolute: false, enabled: false, pending: 0 };
    const absolute = (await qmp.execute('query-mice', {}, mice)).some((mouse) => mouse.current && mouse.absolute);
    return { absolute, enabled: absolute || this.input.mouseEnabled, pending: 0 };
  }
}

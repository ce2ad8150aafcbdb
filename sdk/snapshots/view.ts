/**
 * A machine at one point of its timeline: what is there, what its owner has seen of it, and where a wait ends. It decides
 * what the embedded engine decides (`core/session.ts`), from what is written down instead of from a guest.
 */
import type { AdvanceRequest, AdvanceResult, Answers, GuestTime, StopReason } from '../engines/engine.js';
import type { Change } from './timeline.js';

/** Bytes that came over a port. They only grow; a view that goes back holds fewer of the same. */
interface PortLog {
  chunks: Uint8Array[];
  length: number;
}

export class View {
  now: GuestTime;
  power: Answers['power'] = { state: 'running', detail: null };
  keyboard: Answers['keyboard'] = { pending: 0, enabled: false };
  pointer: Answers['pointer'] = { absolute: false, enabled: false, pending: 0 };
  /** Counts the changes that were sampled; the digest is of the last. */
  screen: { version: number; digest: string | null } = { version: 0, digest: null };
  #ports: PortLog[];
  #seen: { screen: number; ports: number[] } = { screen: -1, ports: [] };
  readonly #sampleMs: number;

  constructor(ports: number, sampleMs: number, now: GuestTime = 0) {
    this.now = now;
    this.#ports = Array.from({ length: ports }, () => ({ chunks: [], length: 0 }));
    this.#sampleMs = sampleMs;
  }

  get isSample(): boolean {
    return this.now % this.#sampleMs === 0;
  }

  copy(): View {
    const view = new View(0, this.#sampleMs, this.now);
    view.power = this.power;
    view.keyboard = this.keyboard;
    view.pointer = this.pointer;
    view.screen = this.screen;
    view.#ports = this.#ports.map(({ chunks, length }) => ({ chunks: [...chunks], length }));
    view.#seen = { screen: this.#seen.screen, ports: [...this.#seen.ports] };
    return view;
  }

  apply(change: Change): void {
    switch (change.kind) {
      case 'screen':
        this.screen = { version: this.screen.version + 1, digest: change.screen };
        return;
      case 'serial': {
        const log = this.#ports[change.port];
        log?.chunks.push(change.data);
        if (log !== undefined) log.length += change.data.length;
        return;
      }
      case 'keyboard':
        this.keyboard = change.keyboard;
        return;
      case 'pointer':
        this.pointer = change.pointer;
        return;
      case 'power':
        this.power = { state: change.state, detail: change.detail };
        return;
      case 'reset':
    }
  }

  /** What waits for no more than it: the owner has looked. */
  sawScreen(): void {
    this.#seen.screen = this.screen.version;
  }

  /** Null: there is no such port. */
  readPort(port: number, from: number, isAside = false): Answers['serial'] | null {
    const log = this.#ports[port];
    if (log === undefined) return null;
    if (!isAside) this.#seen.ports[port] = log.length;
    return { data: tail(log, from), end: log.length };
  }

  /** After a revert nothing of the ports counts as seen. */
  forgetPorts(): void {
    this.#seen.ports = [];
  }

  /** Whether a wait ends here. The screen and ports count at sample points only, the rest at every point of the grid. */
  evaluate({ limit, stopOn }: AdvanceRequest): AdvanceResult | null {
    const end = (reason: AdvanceResult['reason']): AdvanceResult => ({
      now: this.now,
      reason,
      power: this.power.state,
    });
    if (this.power.state === 'off' || this.power.state === 'crashed') return end('power');
    const changed = stopOn.find((what) => this.#hasChanged(what));
    if (changed !== undefined) return end(changed);
    return this.now >= limit ? end('limit') : null;
  }

  #hasChanged(what: StopReason): boolean {
    switch (what) {
      case 'screen': {
        if (!this.isSample || this.screen.version === this.#seen.screen) return false;
        this.sawScreen();
        return true;
      }
      case 'serial':
        return this.isSample && this.#ports.some(({ length }, port) => length !== (this.#seen.ports[port] ?? 0));
      case 'keyboard':
        return this.keyboard.enabled && this.keyboard.pending === 0;
      case 'power':
        return false;
    }
  }
}

/** Copied: who gets it may do with it what they like. */
function tail({ chunks, length }: PortLog, from: number): Uint8Array {
  const bytes = new Uint8Array(Math.max(0, length - Math.max(0, from)));
  let end = length;
  for (let i = chunks.length - 1; i >= 0 && end > from; i--) {
    const chunk = chunks[i];
    if (chunk === undefined) break;
    const start = end - chunk.length;
    const part = chunk.subarray(Math.max(0, from - start));
    bytes.set(part, Math.max(start, from) - Math.max(0, from));
    end = start;
  }
  return bytes;
}

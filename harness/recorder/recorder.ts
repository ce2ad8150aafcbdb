/** Records what a user does with a machine as a scenario: does it, and writes it down, with what to wait for in between. */
import type { GuestTime } from '../../sdk/engines/engine.js';
import { GuestwrightError } from '../../sdk/errors.js';
import type { Machine, Snapshot } from '../../sdk/machine/types.js';
import type { Region } from '../../sdk/screen/content.js';
import type { Frame } from '../../sdk/screen/frame.js';
import { cellPage } from '../../sdk/screen/grid-page.js';
import type { TextPage } from '../../sdk/screen/page.js';
import { InOrder } from '../../sdk/machine/in-order.js';
import { clipFrame } from '../goldens/picture.js';
import type { FromPage } from '../live/protocol.js';
import { meaningOf } from '../runs/pressed-key.js';
import { looksOnly, type Act, type RecordedAct } from './acts.js';
import { clipOf, masksIn } from './clip.js';
import { movingParts } from './moving-parts.js';
import { proposeWait, type ReadLook, type WaitProposal } from './propose-wait.js';
import type { ScenarioFile } from './scenario-file.js';
import { textAt, textWithin } from './text-at.js';

/** Guest ms for which a text is waited for at least, where the default would be too little: a multiple of what it took. */
const PATIENCE = 4;
const DEFAULT_TIMEOUT_MS = 30_000;

/** Guest ms after an input before a graphic screen is read: recognising takes a part of a second. */
const READ_AFTER_MS = 1_000;

/** Guest ms that are looked back for what moves by itself. */
const MOVING_MS = 5_000;
/** Frames that are kept of the time since the last input. */
const MOST_FRAMES = 400;

/** What there was when an act began: to go back to. */
interface Before {
  snapshot: Snapshot;
  seen: Seen;
}

/** What has been seen since the last input. */
interface Seen {
  /** When the last input went in, and what the screen said then. */
  input: ReadLook | null;
  frames: readonly Frame[];
  /** What was typed lately. */
  typed: string;
}

export interface RecorderParts {
  machine: Machine;
  file: ScenarioFile;
  /** Something has changed that the page shows. */
  onChange: () => void;
}

export class Recorder {
  readonly #machine: Machine;
  readonly #file: ScenarioFile;
  readonly #onChange: () => void;
  readonly #acts: RecordedAct[] = [];
  readonly #before = new Map<number, Before>();
  readonly #inOrder = new InOrder();
  /** What has been typed as secrets, whole. */
  #secrets: readonly string[] = [];
  #seen: Seen = { input: null, frames: [], typed: '' };
  #ids = 0;

  constructor({ machine, file, onChange }: RecorderParts) {
    this.#machine = machine;
    this.#file = file;
    this.#onChange = onChange;
  }

  get acts(): readonly RecordedAct[] {
    return this.#acts;
  }

  /** For every new look at the machine's screen. */
  looked(frame: Frame): void {
    const { frames } = this.#seen;
    if (frames.at(-1)?.content === frame.content) return;
    // Not changed in place: what there was when an act began is kept.
    this.#seen = { ...this.#seen, frames: [...frames, frame].slice(-MOST_FRAMES) };
  }

  /**
   * Does what a page asks for, one after the other.
   * @returns what is to be said to the user; null: nothing
   * @throws GuestwrightError of the machine
   */
  async hear(message: FromPage): Promise<string | null> {
    return await this.#inOrder.run(async () => await this.#do(message));
  }

  /** The guest has powered itself off. */
  async poweredOff(): Promise<void> {
    await this.#inOrder.run(async () => {
      if (this.#acts.at(-1)?.act.kind === 'off') return;
      this.#add({ kind: 'off' }, null);
      await this.#write();
    });
  }

  async #do(message: FromPage): Promise<string | null> {
    const { pointer } = this.#machine;
    switch (message.kind) {
      case 'key':
        await this.#key(message);
        return null;
      case 'move':
        await pointer.move(message.x, message.y);
        return null;
      case 'click':
        await this.#click(message);
        return null;
      case 'drag':
        await this.#input({ kind: 'drag', from: message.from, to: message.to }, async () => {
          await pointer.drag(message.from, message.to);
        });
        return null;
      case 'wheel':
        await this.#input({ kind: 'wheel', dy: message.dy }, async () => await pointer.wheel(message.dy));
        return null;
      case 'golden':
        return await this.#golden(message.name, message.clip);
      case 'expect':
        return await this.#expect(textWithin(await this.#read(), message.region));
      case 'expectText':
        return await this.#expect(message.text);
      case 'undo':
        await this.#undo(message.id);
        return null;
      case 'remove':
        await this.#remove(message.id);
        return null;
      default:
        return null;
    }
  }

  async #key(key: Extract<FromPage, { kind: 'key' }>): Promise<void> {
    const meaning = meaningOf(key);
    const { keyboard } = this.#machine;
    switch (meaning.kind) {
      case 'none':
        return;
      case 'chord':
        await this.#input({ kind: 'press', chord: meaning.chord }, async () => await keyboard.press(meaning.chord));
        return;
      case 'text': {
        const { text } = meaning;
        const { secret } = key;
        await this.#input({ kind: 'type', text, secret }, async () => await keyboard.type(text, { secret }));
      }
    }
  }

  async #click({ x, y, button, count }: Extract<FromPage, { kind: 'click' }>): Promise<void> {
    const { screen, pointer } = this.#machine;
    const found = button === 'left' && count === 1 ? textAt(await this.#read(), { x, y }) : null;
    if (found === null) {
      const act: Act = { kind: 'click', x, y, button, count };
      await this.#input(act, async () => await pointer.click(x, y, { button, count }));
      return;
    }
    // As the scenario will: in the middle of the text.
    await this.#input({ kind: 'click-text', ...found }, async () => {
      await screen.getByText(found.text).nth(found.nth).click();
    });
  }

  /** Does it, and writes it down with what to wait for before it. */
  async #input(act: Act, perform: () => Promise<void>): Promise<void> {
    const last = this.#acts.at(-1);
    const merged = last === undefined ? null : merge(last.act, act);
    const proposal = await this.#propose(merged !== null);
    const page = await this.#knownPage();
    const at = this.#machine.clock.now;
    if (merged !== null && last !== undefined && proposal.kind === 'nothing') {
      await perform();
      last.act = merged;
    } else {
      const before = await this.#hold();
      await perform();
      if (proposal.kind === 'wait' && !isThere(last?.act, proposal)) this.#add(waitFor(proposal), before);
      this.#add(act, before);
    }
    const typed = act.kind === 'type' ? act.text : '';
    this.#keepSecret(act, last?.act);
    this.#seen = { input: { at, page }, frames: [], typed: (this.#seen.typed + typed).slice(-200) };
    await this.#write();
  }

  /** So that none gets into the file by what the guest shows of it. */
  #keepSecret(act: Act, last: Act | undefined): void {
    if (act.kind !== 'type' || !act.secret || act.text === '\n') return;
    const goesOn = last?.kind === 'type' && last.secret;
    const [before = '', ...others] = goesOn ? this.#secrets : ['', ...this.#secrets];
    this.#secrets = [before + act.text, ...others];
  }

  /** @param continues what is typed goes on: a graphic screen need not be read for every key */
  async #propose(continues: boolean): Promise<WaitProposal> {
    const { input, frames, typed } = this.#seen;
    const secrets = this.#secrets;
    const frame = await this.#machine.screen.frame();
    const now = this.#machine.clock.now;
    const looks = [...frames, frame].flatMap((one): ReadLook[] => {
      const page = cellPage(one);
      return page === null ? [] : [{ at: one.time, page }];
    });
    if (cellPage(frame) !== null) return proposeWait({ before: input, looks, now, typed, secrets });
    if (frame.content.kind === 'blank' || continues || now - (input?.at ?? 0) < READ_AFTER_MS)
      return { kind: 'nothing' };
    const page = await this.#machine.screen.read();
    // It was not read while it changed: what stands there now came with the last change.
    return proposeWait({ before: input, looks: [{ at: frames.at(-1)?.time ?? 0, page }], now, typed, secrets });
  }

  /** What the screen says, as far as that costs nothing. */
  async #knownPage(): Promise<TextPage> {
    return cellPage(await this.#machine.screen.frame()) ?? { rows: [] };
  }

  async #read(): Promise<TextPage> {
    const page = await this.#knownPage();
    return page.rows.length > 0 ? page : await this.#machine.screen.read();
  }

  async #hold(): Promise<Before> {
    const snapshot = await this.#machine.snapshot(`before act ${this.#ids + 1}`);
    return { snapshot, seen: this.#seen };
  }

  #add(act: Act, before: Before | null): void {
    const id = ++this.#ids;
    this.#acts.push({ id, at: before?.snapshot.time ?? this.#machine.clock.now, act });
    if (before !== null) this.#before.set(id, before);
  }

  async #golden(given: string, wanted: Region | null): Promise<string | null> {
    const frame = await this.#machine.screen.frame();
    const clip = wanted === null ? null : clipOf(frame, wanted);
    const recent = this.#seen.frames.filter(({ time }) => time >= frame.time - MOVING_MS);
    const masks = masksIn(movingParts([...recent, frame]), clip);
    const area = clip ?? { width: frame.width, height: frame.height };
    const covered = masks.reduce((sum, { width, height }) => sum + width * height, 0);
    if (covered >= area.width * area.height) return 'All of it keeps changing: choose a part that stands still.';
    const name = await this.#file.freeGoldenName(given);
    const before = await this.#hold();
    await this.#file.writeGolden(name, clipFrame(frame, clip ?? undefined));
    this.#add({ kind: 'golden', name, clip, masks }, before);
    await this.#write();
    const moving = masks.length === 0 ? '' : `; what keeps changing in it is masked (${masks.length})`;
    return `The golden "${name}" has been written${moving}.`;
  }

  async #expect(text: string): Promise<string | null> {
    if (text === '') return 'No text can be read there.';
    if (this.#secrets.some((secret) => text.includes(secret)))
      return 'That text holds a secret, which is in no scenario.';
    const before = await this.#hold();
    this.#add({ kind: 'expect', text, exact: false, timeout: null }, before);
    await this.#write();
    return null;
  }

  /** Back to before an act: the machine, and what has been written down. */
  async #undo(id: number): Promise<void> {
    const index = this.#acts.findIndex((one) => one.id === id);
    const before = this.#before.get(id);
    if (index === -1 || before === undefined) return;
    await this.#machine.revert(before.snapshot);
    this.#seen = before.seen;
    for (const gone of this.#acts.splice(index)) await this.#forget(gone);
    await this.#write();
  }

  async #remove(id: number): Promise<void> {
    const index = this.#acts.findIndex((one) => one.id === id && looksOnly(one.act));
    if (index === -1) return;
    for (const gone of this.#acts.splice(index, 1)) await this.#forget(gone);
    await this.#write();
  }

  async #forget({ id, act }: RecordedAct): Promise<void> {
    this.#before.delete(id);
    if (act.kind === 'golden') await this.#file.removeGolden(act.name);
  }

  async #write(): Promise<void> {
    await this.#file.write(this.#acts.map(({ act }) => act));
    this.#onChange();
  }
}

/** Both as one; null: they are two. */
function merge(last: Act, next: Act): Act | null {
  if (last.kind !== 'type' || next.kind !== 'type' || last.secret !== next.secret) return null;
  return last.text.endsWith('\n') ? null : { ...last, text: last.text + next.text };
}

/** After an undo the wait for the act that was taken back still stands. */
function isThere(last: Act | undefined, { text, exact }: { text: string; exact: boolean }): boolean {
  return (last?.kind === 'wait' || last?.kind === 'expect') && last.text === text && last.exact === exact;
}

function waitFor({ text, exact, afterMs }: Extract<WaitProposal, { kind: 'wait' }>): Act {
  return { kind: 'wait', text, exact, timeout: timeoutFor(afterMs) };
}

/** Whole tens of seconds. Null: the default is patient enough. */
function timeoutFor(tookMs: GuestTime): number | null {
  const patient = Math.ceil((PATIENCE * tookMs) / 10_000) * 10_000;
  return patient <= DEFAULT_TIMEOUT_MS ? null : patient;
}

/** Of what a machine cannot do: it is said, and the recording goes on. */
export function isRefusal(error: unknown): error is GuestwrightError {
  return error instanceof GuestwrightError && error.kind !== 'infrastructure';
}

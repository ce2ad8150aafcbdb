/**
 * What every engine has to do, as cases named by sentences. An engine's test hands its `Engine` in; a case is skipped
 * only by a named capability, and the test asserts the table of skips.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { makeFrame, type Frame } from '../../screen/frame.js';
import type { Capabilities, Engine, EngineMachine, Hardware, Medium, PowerState } from '../engine.js';
import * as guests from './boot-sector.js';

/** What differs between engines in the machines that these cases build. */
export interface EngineTraits {
  /** I/O port of ACPI's PM1a control register. */
  pm1aControl: number;
}

/** What a case may use; everything it starts is ended after it. */
export interface CaseContext {
  engine: Engine;
  traits: EngineTraits;
  folder: string;
  start: (hardware: Partial<Hardware>) => Promise<EngineMachine>;
  expect: Expect;
}

/** The little of an assertion library that the cases need. */
export interface Expect {
  equal: (seen: unknown, expected: unknown, what: string) => void;
  fails: (work: Promise<unknown>, code: string) => Promise<void>;
}

export interface ConformanceCase {
  /** A sentence. */
  name: string;
  /** The capability without which an engine is excused. */
  needs?: { name: string; test: (capabilities: Capabilities) => boolean };
  run: (context: CaseContext) => Promise<void>;
}

const SNAPSHOTS = { name: 'snapshots', test: (c: Capabilities) => c.snapshots };
const BIT_EXACT = { name: 'determinism: bit-exact', test: (c: Capabilities) => c.determinism === 'bit-exact' };
const POWER_BUTTON = { name: 'power button', test: (c: Capabilities) => c.powerButton };
const STEPPED = { name: 'clock: stepped', test: (c: Capabilities) => c.clocks.includes('stepped') };
const PACED = { name: 'clock: paced', test: (c: Capabilities) => c.clocks.includes('paced') };

/**
 * Guest ms within which these guests do what they do. Where guest time is wall time a busy host may need much longer; that
 * is then a guard only.
 */
function soon({ capabilities }: EngineMachine): number {
  return capabilities.clocks.includes('stepped') ? 5_000 : 120_000;
}

export function medium(bytes: Uint8Array): Medium {
  const digest = createHash('sha256').update(bytes).digest('hex');
  return { source: { kind: 'bytes', bytes }, digest, overlay: { kind: 'memory' } };
}

/** A machine that boots a floppy with this boot sector. */
export function hardware(bootSector: Uint8Array | null, more: Partial<Hardware> = {}): Hardware {
  return {
    memoryMb: 16,
    videoMemoryMb: 2,
    floppies: bootSector === null ? [] : [medium(bootSector)],
    cdrom: undefined,
    disks: [],
    kernel: null,
    bootOrder: ['floppy', 'cdrom', 'disk'],
    serialPorts: 1,
    acpi: true,
    rtc: Date.UTC(2031, 4, 6, 7, 8, 9),
    seed: 1,
    clock: 'stepped',
    ...more,
  };
}

export async function screenText(machine: EngineMachine): Promise<string> {
  return textOf(makeFrame(await machine.observe({ kind: 'screen' }), machine.now));
}

function textOf({ grid }: Frame): string {
  return (grid?.lines ?? [])
    .map((line) => line.trimEnd())
    .join('\n')
    .trimEnd();
}

/** Waits at sample points until the screen's text has `wanted` in it. */
async function seeText(machine: EngineMachine, wanted: string): Promise<string> {
  const limit = machine.now + soon(machine);
  for (;;) {
    const text = await screenText(machine);
    if (text.includes(wanted)) return text;
    if (machine.now >= limit) throw new Error(`"${wanted}" is not on the screen:\n${text}`);
    await machine.advance({ limit, stopOn: ['screen'] });
  }
}

async function seePower(machine: EngineMachine, wanted: PowerState): Promise<void> {
  const limit = machine.now + soon(machine);
  for (;;) {
    const { state } = await machine.observe({ kind: 'power' });
    if (state === wanted) return;
    const still = state === 'off' || state === 'crashed';
    if (still || machine.now >= limit) throw new Error(`the machine is ${state}, not ${wanted}`);
    await machine.advance({ limit, stopOn: [] });
  }
}

async function press(machine: EngineMachine, code: 'KeyA' | 'KeyB' | 'KeyC'): Promise<void> {
  await machine.input({ kind: 'key', code, down: true });
  await machine.input({ kind: 'key', code, down: false });
}

async function hashOf(machine: EngineMachine): Promise<string> {
  return (await machine.observe({ kind: 'stateHash' })).hash;
}

export const CASES: readonly ConformanceCase[] = [
  {
    name: 'a guest runs only while something waits for it',
    needs: STEPPED,
    async run({ start, expect }) {
      const machine = await start(hardware(guests.printing('hello')));
      expect.equal(machine.now, 0, 'guest time after the start');
      expect.equal(await screenText(machine), '', 'the screen before anything has run');
      await machine.advance({ limit: 120, stopOn: [] });
      expect.equal(machine.now, 120, 'guest time after a wait for 120 ms');
    },
  },
  {
    name: 'what the guest prints is on the screen as text',
    async run({ start }) {
      await seeText(await start(hardware(guests.printing('hello'))), 'hello');
    },
  },
  {
    name: 'a text screen is 720 x 400 pixels and its cursor is data beside the picture',
    async run({ start, expect }) {
      const machine = await start(hardware(guests.printing('x')));
      await seeText(machine, 'x');
      const frame = makeFrame(await machine.observe({ kind: 'screen' }), machine.now);
      expect.equal([frame.width, frame.height], [720, 400], 'size of the frame');
      // An engine that sees pixels only has to wait for the cursor to blink.
      const limit = machine.now + soon(machine);
      let { content } = frame;
      while (content.kind === 'text' && content.cursor === null && machine.now < limit) {
        await machine.advance({ limit, stopOn: ['screen'] });
        content = await machine.observe({ kind: 'screen' });
      }
      expect.equal(content.kind === 'text' && content.cursor !== null, true, 'a cursor position');
      const later = makeFrame(content, machine.now);
      expect.equal(Buffer.compare(later.rgba, frame.rgba), 0, 'the picture does not depend on the cursor');
    },
  },
  {
    name: 'a change on the screen ends a wait before its limit',
    async run({ start, expect }) {
      const machine = await start(hardware(guests.printing('hello')));
      await machine.observe({ kind: 'screen' });
      const { reason, now } = await machine.advance({ limit: soon(machine), stopOn: ['screen'] });
      expect.equal(reason, 'screen', 'why the wait ended');
      expect.equal(now < soon(machine), true, 'it ended early');
    },
  },
  {
    name: 'what somebody sees who only looks on ends the wait of another all the same',
    async run({ start, expect }) {
      const machine = await start(hardware(guests.serialEcho()));
      await machine.observe({ kind: 'screen' });
      await machine.observe({ kind: 'serial', port: 0, from: 0 });
      const limit = soon(machine);
      const screen = async (): Promise<string> =>
        textOf(makeFrame(await machine.observe({ kind: 'screen', aside: true }), machine.now));
      const before = await screen();
      // It has been seen that the screen is another, and that the guest has sent its greeting.
      for (;;) {
        const { end } = await machine.observe({ kind: 'serial', port: 0, from: 0, aside: true });
        if (machine.now >= limit || (end > 0 && (await screen()) !== before)) break;
        await machine.advance({ limit: machine.now + 20, stopOn: [] });
      }
      for (const what of ['serial', 'screen'] as const) {
        expect.equal(
          (await machine.advance({ limit: limit + 1000, stopOn: [what] })).reason,
          what,
          'why the wait ended',
        );
      }
    },
  },
  {
    name: 'keys reach the guest in order and none is lost',
    async run({ start }) {
      const machine = await start(hardware(guests.typewriter()));
      await seeText(machine, '>');
      for (let i = 0; i < 12; i++) {
        for (const code of ['KeyA', 'KeyB', 'KeyC'] as const) await press(machine, code);
        await machine.advance({ limit: machine.now + soon(machine), stopOn: ['keyboard'] });
      }
      await seeText(machine, `>${'abc'.repeat(12)}`);
    },
  },
  {
    name: 'the keyboard says how many keys the guest has not taken yet',
    needs: STEPPED,
    async run({ start, expect }) {
      const machine = await start(hardware(guests.typewriter()));
      await seeText(machine, '>');
      await press(machine, 'KeyA');
      expect.equal((await machine.observe({ kind: 'keyboard' })).pending > 0, true, 'a key is waiting');
      await machine.advance({ limit: machine.now + soon(machine), stopOn: ['keyboard'] });
      expect.equal((await machine.observe({ kind: 'keyboard' })).pending, 0, 'keys left');
    },
  },
  {
    name: 'serial bytes go both ways, and output is kept from its first byte',
    async run({ start, expect }) {
      const machine = await start(hardware(guests.serialEcho()));
      const read = async (from: number): Promise<string> => {
        const { data } = await machine.observe({ kind: 'serial', port: 0, from });
        return new TextDecoder().decode(data);
      };
      await read(0);
      await machine.advance({ limit: soon(machine), stopOn: ['serial'] });
      expect.equal(await read(0), '!', 'the greeting');
      await machine.input({ kind: 'serial', port: 0, data: new TextEncoder().encode('HAL') });
      const limit = machine.now + soon(machine);
      while ((await read(0)).length < 4 && machine.now < limit) await machine.advance({ limit, stopOn: ['serial'] });
      expect.equal(await read(0), '!IBM', 'all of the output');
      expect.equal(await read(1), 'IBM', 'the output from its second byte');
    },
  },
  {
    name: 'a serial port that is not there is an error',
    async run({ start, expect }) {
      const machine = await start(hardware(guests.printing('x')));
      await expect.fails(machine.observe({ kind: 'serial', port: 3, from: 0 }), 'serial-port-missing');
    },
  },
  {
    name: 'a guest that powers itself off is off, and time stands still then',
    async run({ start, traits, expect }) {
      const machine = await start(hardware(guests.poweringOff(traits.pm1aControl)));
      await seePower(machine, 'off');
      const { now } = machine;
      const { reason } = await machine.advance({ limit: now + 1000, stopOn: [] });
      expect.equal([reason, machine.now], ['power', now], 'a wait on a machine that is off');
    },
  },
  {
    name: 'a processor that stops for good is halted',
    async run({ start }) {
      await seePower(await start(hardware(guests.halting())), 'halted');
    },
  },
  {
    name: 'a triple fault is a crash, and the last screen can still be read',
    async run({ start, expect }) {
      const machine = await start(hardware(guests.crashing()));
      await seePower(machine, 'crashed');
      expect.equal((await screenText(machine)).includes('crashing'), true, 'the last screen');
    },
  },
  {
    name: 'the reset button boots again, also after a crash',
    async run({ start }) {
      const machine = await start(hardware(guests.crashing()));
      await seePower(machine, 'crashed');
      await machine.input({ kind: 'power', action: 'reset' });
      await machine.advance({ limit: machine.now + 10, stopOn: [] });
      await seePower(machine, 'crashed');
    },
  },
  {
    name: 'a machine that idles boots again within a guest second of its reset, and guest time goes on',
    async run({ start, expect }) {
      const machine = await start(hardware(guests.typewriter()));
      await seeText(machine, '>');
      await press(machine, 'KeyA');
      await seeText(machine, '>a');
      await machine.advance({ limit: 4_000, stopOn: [] });
      await machine.input({ kind: 'power', action: 'reset' });
      await machine.advance({ limit: 5_000, stopOn: [] });
      const { clocks } = machine.capabilities;
      const exactly = clocks.includes('stepped') ? machine.now === 5_000 : machine.now >= 5_000;
      expect.equal(exactly, true, `guest time goes on to 5000 ms, and is ${machine.now}`);
      const isFresh = (text: string): boolean => text.includes('>') && !text.includes('>a');
      let text = await screenText(machine);
      // Only where the engine owns the clock is a second always enough.
      while (!clocks.includes('stepped') && !isFresh(text) && machine.now < 5_000 + soon(machine)) {
        await machine.advance({ limit: machine.now + 100, stopOn: ['screen'] });
        text = await screenText(machine);
      }
      expect.equal(isFresh(text), true, `a fresh prompt in:\n${text}`);
    },
  },
  {
    name: 'the reset button of a machine that is off does nothing but say so',
    async run({ start, expect }) {
      const machine = await start(hardware(guests.printing('x')));
      await machine.input({ kind: 'power', action: 'off' });
      await expect.fails(machine.input({ kind: 'power', action: 'reset' }), 'machine-off');
    },
  },
  {
    name: 'the power button asks the guest, which powers off when it wants to, and does nothing to a machine that is off',
    needs: POWER_BUTTON,
    async run({ start, traits, expect }) {
      const machine = await start(hardware(guests.poweringOffOnButton(traits.pm1aControl)));
      await seeText(machine, '>');
      await machine.input({ kind: 'power', action: 'button' });
      await seePower(machine, 'off');
      await expect.fails(machine.input({ kind: 'power', action: 'button' }), 'machine-off');
      const deaf = await start(hardware(guests.printing('deaf')));
      await seeText(deaf, 'deaf');
      await deaf.input({ kind: 'power', action: 'button' });
      await deaf.advance({ limit: deaf.now + 500, stopOn: [] });
      expect.equal((await deaf.observe({ kind: 'power' })).state, 'running', 'a guest that does not care runs on');
    },
  },
  {
    name: 'events tell of power and resets',
    async run({ start, traits, expect }) {
      const machine = await start(hardware(guests.poweringOffOnKey(traits.pm1aControl)));
      const seen: string[] = [];
      machine.onEvent((event) => seen.push(event.kind === 'power' ? event.state : event.kind));
      await seeText(machine, '>');
      await machine.input({ kind: 'power', action: 'reset' });
      const limit = machine.now + soon(machine);
      // A key while the firmware sets the keyboard up is taken for the keyboard's answer, and the keyboard stays off.
      while (!(await machine.observe({ kind: 'keyboard' })).enabled && machine.now < limit) {
        await machine.advance({ limit: machine.now + 20, stopOn: [] });
      }
      // Keys that come before the guest reads any are lost, as on any PC.
      while ((await machine.observe({ kind: 'power' })).state === 'running' && machine.now < limit) {
        await press(machine, 'KeyA');
        await machine.advance({ limit: machine.now + 100, stopOn: [] });
      }
      await seePower(machine, 'off');
      expect.equal(seen, ['reset', 'off'], 'the events');
    },
  },
  {
    name: 'a disk keeps what the guest wrote over a reset and a power cycle',
    async run({ start }) {
      const machine = await start({
        ...hardware(null),
        disks: [medium(guests.diskWith(guests.bootCounter()))],
        bootOrder: ['disk'],
      });
      await seeText(machine, '#A');
      await machine.input({ kind: 'power', action: 'reset' });
      await seeText(machine, '#B');
      await machine.input({ kind: 'power', action: 'off' });
      const media = { floppies: [], cdrom: undefined, bootOrder: ['disk'] as const };
      await machine.input({ kind: 'power', action: 'on', media });
      await seeText(machine, '#C');
    },
  },
  {
    name: 'the base of a disk is never written; its overlay file keeps the writes for the next machine',
    async run({ start, folder, expect }) {
      const base = guests.diskWith(guests.bootCounter());
      const file = path.join(folder, 'disk.img');
      const overlay = path.join(folder, 'disk.overlay');
      writeFileSync(file, base);
      const disk: Medium = {
        source: { kind: 'file', path: file, size: base.length },
        digest: 'disk',
        overlay: { kind: 'file', path: overlay },
      };
      for (const expected of ['#A', '#B']) {
        const machine = await start({ ...hardware(null), disks: [disk], bootOrder: ['disk'] });
        await seeText(machine, expected);
        await machine.input({ kind: 'power', action: 'off' });
        await machine[Symbol.asyncDispose]();
      }
      expect.equal(Buffer.compare(readFileSync(file), base), 0, 'the base is unchanged');
      expect.equal(readdirSync(folder).sort(), ['disk.img', 'disk.overlay'], 'the files that are left');
    },
  },
  {
    name: 'another floppy can be put in before the machine is started again',
    async run({ start }) {
      const machine = await start(hardware(guests.printing('one')));
      await seeText(machine, 'one');
      await machine.input({ kind: 'power', action: 'off' });
      const media = { floppies: [medium(guests.printing('two'))], cdrom: undefined, bootOrder: ['floppy'] as const };
      await machine.input({ kind: 'power', action: 'on', media });
      await seeText(machine, 'two');
    },
  },
  {
    name: 'another floppy can be put in while the machine runs',
    async run({ start }) {
      const machine = await start(hardware(guests.printing('one')));
      await seeText(machine, 'one');
      await machine.input({ kind: 'media', drive: 'floppy0', medium: medium(guests.printing('two')) });
      await machine.input({ kind: 'power', action: 'reset' });
      await seeText(machine, 'two');
    },
  },
  {
    name: 'the real-time clock starts at the date of the spec',
    async run({ start }) {
      await seeText(await start(hardware(guests.dating())), '20310506');
    },
  },
  {
    name: 'a snapshot brings back screen, keyboard and memory',
    needs: SNAPSHOTS,
    async run({ start, expect }) {
      const machine = await start(hardware(guests.typewriter()));
      await seeText(machine, '>');
      const { id, time } = await machine.save();
      await press(machine, 'KeyA');
      await seeText(machine, '>a');
      const last = machine.now;
      await machine.restore(id);
      const { now } = machine;
      const isBack = machine.capabilities.clocks.includes('stepped') ? now === time : now >= time && now < last;
      expect.equal(isBack, true, `guest time goes back from ${last} to ${time} ms, and is ${now}`);
      expect.equal((await seeText(machine, '>')).includes('>a'), false, 'the key is gone');
      await press(machine, 'KeyB');
      await seeText(machine, '>b');
    },
  },
  {
    name: 'a snapshot that is taken after a reset holds the keys that are on their way too',
    needs: SNAPSHOTS,
    async run({ start }) {
      const machine = await start(hardware(guests.typewriter()));
      await seeText(machine, '>');
      await press(machine, 'KeyC');
      await seeText(machine, '>c');
      await machine.input({ kind: 'power', action: 'reset' });
      // What was typed before has gone when it has started again.
      while ((await seeText(machine, '>')).includes('>c')) {
        await machine.advance({ limit: machine.now + 100, stopOn: ['screen'] });
      }
      for (const code of ['KeyB', 'KeyA'] as const) {
        for (const down of [true, false]) await machine.input({ kind: 'key', code, down });
      }
      const { id } = await machine.save();
      await seeText(machine, '>ba');
      await press(machine, 'KeyC');
      await seeText(machine, '>bac');
      await machine.restore(id);
      await seeText(machine, '>ba');
      await press(machine, 'KeyB');
      await seeText(machine, '>bab');
    },
  },
  {
    name: 'a snapshot brings back the disk, and the machine that had been switched off',
    needs: SNAPSHOTS,
    async run({ start }) {
      const machine = await start({
        ...hardware(null),
        disks: [medium(guests.diskWith(guests.bootCounter()))],
        bootOrder: ['disk'],
      });
      await seeText(machine, '#A');
      const { id } = await machine.save();
      await machine.input({ kind: 'power', action: 'reset' });
      await seeText(machine, '#B');
      await machine.input({ kind: 'power', action: 'off' });
      await machine.restore(id);
      await machine.input({ kind: 'power', action: 'reset' });
      await seeText(machine, '#B');
    },
  },
  {
    name: 'machines that are forked of one snapshot, at once, go on each by itself',
    needs: SNAPSHOTS,
    async run({ start, folder, expect }) {
      const machine = await start({
        ...hardware(guests.typewriter()),
        disks: [medium(guests.diskWith(guests.bootCounter()))],
      });
      await seeText(machine, '>');
      const { id, time } = await machine.save();
      await press(machine, 'KeyA');
      await seeText(machine, '>a');
      if (machine.fork === undefined) throw new Error('an engine with snapshots whose machines cannot be forked');
      const fork = machine.fork.bind(machine);
      const contexts = ['one', 'other'].map((name) => ({ runDirectory: path.join(folder, name) }));
      const forks = await Promise.all(contexts.map(async (context) => await fork(id, context)));
      try {
        for (const one of forks) expect.equal((await seeText(one, '>')).includes('>a'), false, 'a key of later');
        const isThere = forks.every(({ now }) => now >= time);
        expect.equal(isThere, true, 'forks go on from the time of the snapshot');
        const keys = ['KeyB', 'KeyC'] as const;
        await Promise.all(forks.map(async (one, i) => await press(one, keys[i] ?? 'KeyB')));
        await Promise.all(forks.map(async (one, i) => await seeText(one, i === 0 ? '>b' : '>c')));
        await press(machine, 'KeyB');
        await seeText(machine, '>ab');
      } finally {
        await Promise.allSettled(forks.map(async (one) => await one[Symbol.asyncDispose]()));
      }
    },
  },
  {
    name: 'an exported snapshot goes on in another machine; a damaged one is refused',
    needs: SNAPSHOTS,
    async run({ start, folder, expect }) {
      const file = path.join(folder, 'state');
      const first = await start(hardware(guests.typewriter()));
      await seeText(first, '>');
      const { id } = await first.save();
      await first.exportSnapshot(id, file);
      const second = await start(hardware(guests.typewriter()));
      const imported = await second.importSnapshot(file);
      await second.restore(imported.id);
      await press(second, 'KeyC');
      await seeText(second, '>c');
      const other = await start(hardware(guests.typewriter(), { memoryMb: 32 }));
      await expect.fails(other.importSnapshot(file), 'state-of-another-machine');
      const bytes = readFileSync(file);
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
      writeFileSync(file, bytes);
      await expect.fails(second.importSnapshot(file), 'state-invalid');
    },
  },
  {
    name: 'two machines with the same inputs are in the same state, whatever is looked at meanwhile',
    needs: BIT_EXACT,
    async run({ start, expect }) {
      const hashes: string[] = [];
      for (const watched of [false, true]) {
        const machine = await start(hardware(guests.counting()));
        while (machine.now < 2_500) {
          await machine.advance({ limit: watched ? machine.now + 10 : 2_500, stopOn: [] });
          if (watched) await machine.observe({ kind: 'screen' });
          if (watched) await machine.observe({ kind: 'serial', port: 0, from: 0 });
          if (watched && machine.now % 500 === 0) await hashOf(machine);
        }
        hashes.push(await hashOf(machine));
      }
      expect.equal(hashes[1], hashes[0], 'the hash of the machine that was watched');
    },
  },
  {
    name: 'a paced machine keeps to wall time and runs with nobody waiting',
    needs: PACED,
    async run({ start, expect }) {
      const machine = await start(hardware(guests.printing('x'), { clock: 'paced' }));
      const before = performance.now();
      await machine.advance({ limit: machine.now + 400, stopOn: [] });
      const wall = performance.now() - before;
      expect.equal(wall > 300, true, `400 guest ms took at least 300 ms of wall time (${Math.round(wall)})`);
      await machine.input({ kind: 'clock', clock: 'stepped' });
      const { now } = machine;
      await machine.advance({ limit: now + 10_000, stopOn: [] });
      expect.equal(machine.now, now + 10_000, 'stepped again, it skips idle time');
    },
  },
  {
    name: 'a machine that was disposed answers with an error, twice disposed is once',
    async run({ start, expect }) {
      const machine = await start(hardware(guests.printing('x')));
      await machine[Symbol.asyncDispose]();
      await machine[Symbol.asyncDispose]();
      await expect.fails(machine.advance({ limit: 10, stopOn: [] }), 'machine-disposed');
    },
  },
];

/** Runs one case, ends what it started, and removes its folder. */
export async function runCase(
  { run }: ConformanceCase,
  engine: Engine,
  traits: EngineTraits,
  expect: Expect,
): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'guestwright-conformance-'));
  const machines: EngineMachine[] = [];
  try {
    await run({
      engine,
      traits,
      folder,
      expect,
      start: async (parts) => {
        const context = { runDirectory: path.join(folder, 'run'), runId: 'conformance', guardMs: 120_000 };
        const wanted = { ...hardware(null), ...parts };
        const { clocks } = engine.capabilities;
        const clock = clocks.includes(wanted.clock) ? wanted.clock : (clocks[0] ?? wanted.clock);
        const machine = await engine.start({ ...wanted, clock }, context);
        machines.push(machine);
        return machine;
      },
    });
  } finally {
    await Promise.allSettled(machines.map(async (machine) => machine[Symbol.asyncDispose]()));
    rmSync(folder, { recursive: true, force: true });
  }
}

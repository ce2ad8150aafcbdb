/** Keys, lines and shell commands in a Linux guest: what they take beyond what the guest itself takes. */
import { launch } from '../../sdk/machine/launch.js';
import type { Machine } from '../../sdk/machine/types.js';
import { median, type Figures } from '../figures.js';
import { wallMs } from '../v86/run.js';
import { LINUX, plainLinux } from './guest.js';
import type { PlainQemu } from './plain.js';

const KEYS = 40;
const LINES = 5;
const COMMANDS = 30;
/** A line as people type them, 100 characters, without a shift for the script's sake. */
const LINE = 'ls -la /usr/share/doc; cat /etc/hostname; echo the quick brown fox jumps over the lazy dog; true '.padEnd(
  100,
  '-',
);

export async function measureLinux(note: (line: string) => void): Promise<Figures> {
  await using machine = await launch({ ...LINUX, memory: 128 });
  await machine.shell.run('true');
  const plain = await plainLinux(128);
  try {
    return {
      ...(await measureKeys(machine, plain, note)),
      ...(await measureTyping(machine, plain, note)),
      ...(await measureShell(machine, plain, note)),
    };
  } finally {
    await plain.end();
  }
}

/** From the key to the picture that shows it. */
async function measureKeys(machine: Machine, plain: PlainQemu, note: (line: string) => void): Promise<Figures> {
  const times: { ours: number; plain: number }[] = [];
  for (let i = 1; i <= KEYS; i++) {
    const shown = new RegExp(`# ${'x'.repeat(i)}$`);
    const ours = await wallMs(async () => {
      await machine.keyboard.press('x');
      await machine.screen.getByText(shown).waitFor();
    });
    const before = await plain.text();
    const direct = await wallMs(async () => {
      await plain.key('x');
      while ((await plain.text()) === before);
    });
    times.push({ ours, plain: direct });
  }
  await machine.keyboard.press('Control+u');
  await plain.key('ret');
  const baseline = median(times.map((time) => time.plain));
  const value = median(times.map((time) => time.ours)) - baseline;
  note(`a key: ${value.toFixed(1)} ms beyond the ${baseline.toFixed(1)} ms that it takes the guest to show it`);
  return { 'qemu.key': { value, unit: 'ms', baseline, ratio: baseline / (baseline + value) } };
}

async function measureTyping(machine: Machine, plain: PlainQemu, note: (line: string) => void): Promise<Figures> {
  const rates: { ours: number; plain: number }[] = [];
  for (let i = 0; i < LINES; i++) {
    await machine.keyboard.press('Enter');
    const ours = await wallMs(async () => machine.keyboard.type(LINE));
    await machine.screen.getByText(LINE.slice(-40)).waitFor();
    await machine.keyboard.press('Control+u');
    const direct = await wallMs(async () => {
      for (const character of LINE) await plain.key(QCODES.get(character) ?? character);
    });
    await plain.key('ret');
    rates.push({ ours: (1000 * LINE.length) / ours, plain: (1000 * LINE.length) / direct });
  }
  const [value, baseline] = [median(rates.map(({ ours }) => ours)), median(rates.map((rate) => rate.plain))];
  note(`typing: ${value.toFixed(0)} characters/s, all of them there; without looking ${baseline.toFixed(0)}`);
  return { 'qemu.type': { value, unit: 'characters/s', baseline, ratio: value / baseline } };
}

const QCODES: ReadonlyMap<string, string> = new Map([
  [' ', 'spc'],
  ['-', 'minus'],
  [';', 'semicolon'],
  ['/', 'slash'],
]);

async function measureShell(machine: Machine, plain: PlainQemu, note: (line: string) => void): Promise<Figures> {
  const times: { ours: number; plain: number }[] = [];
  for (let i = 0; i < COMMANDS; i++) {
    times.push({
      ours: await wallMs(() => machine.shell.run('true')),
      plain: await wallMs(() => plain.say(`true; echo "E""ND:$?"\n`, 'END:0\r\n')),
    });
  }
  const baseline = median(times.map((time) => time.plain));
  const value = median(times.map((time) => time.ours)) - baseline;
  note(`a shell command: ${value.toFixed(1)} ms beyond the guest's ${baseline.toFixed(1)} ms`);
  return { 'qemu.shell': { value, unit: 'ms', baseline, ratio: baseline / (baseline + value) } };
}

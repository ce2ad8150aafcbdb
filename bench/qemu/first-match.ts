/** From the command to the first text that is seen on the screen, and a text that is there already. */
import { fileURLToPath } from 'node:url';
import { execaNode } from 'execa';
import { hardwareOf } from '../../sdk/machine/hardware.js';
import { launch } from '../../sdk/machine/launch.js';
import { parseSpec } from '../../sdk/machine/spec.js';
import { median, type Figures } from '../figures.js';
import { wallMs } from '../v86/run.js';
import { PlainQemu } from './plain.js';

const CDROM = 'grub-rescue:cdrom';
const TEXT = 'GNU GRUB';
const ROUNDS = 7;
const ASSERTIONS = 100;

export async function measureFirstMatch(note: (line: string) => void): Promise<Figures> {
  const { cdrom } = await hardwareOf(parseSpec({ engine: 'qemu', cdrom: CDROM }));
  if (cdrom?.source.kind !== 'file') throw new Error('the image of the CD is no file');
  const { path } = cdrom.source;
  const runs: { ours: number; plain: number }[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    const run = { ours: await timed('ours', CDROM), plain: await timed('plain', path) };
    runs.push(run);
    note(`first match ${round}/${ROUNDS}: ${run.ours} ms, by the shortest script ${run.plain} ms`);
  }
  const [ours, plain] = [median(runs.map((run) => run.ours)), median(runs.map((run) => run.plain))];
  return {
    'qemu.firstMatch': { value: ours, unit: 'ms', baseline: plain, ratio: median(runs.map((r) => r.plain / r.ours)) },
    ...(await measureAssertion(path, note)),
  };
}

/** Wall ms from the start of a process that does it to the moment at which it has seen the text. */
async function timed(which: 'ours' | 'plain', cdrom: string): Promise<number> {
  const script = fileURLToPath(new URL(`./first-match.${which}.process.js`, import.meta.url));
  const start = Date.now();
  const { stdout } = await execaNode(script, [cdrom, TEXT], { timeout: 120_000 });
  return Number(stdout) - start;
}

async function measureAssertion(cdrom: string, note: (line: string) => void): Promise<Figures> {
  await using machine = await launch({ engine: 'qemu', cdrom: CDROM, memory: 32 });
  await machine.screen.getByText(TEXT).waitFor();
  const ours = [];
  for (let i = 0; i < ASSERTIONS; i++) {
    ours.push(await wallMs(() => machine.screen.getByText(TEXT).waitFor({ timeout: 0 })));
  }
  // GRUB keeps a processor busy while it waits for a key: only one of the two runs at a time.
  await machine.pause();
  const plain = await PlainQemu.start(['-m', '32M', '-cdrom', cdrom]);
  await plain.command('cont');
  while (!(await plain.text()).includes(TEXT));
  const direct = [];
  const filename = `${plain.folder}/screen.ppm`;
  for (let i = 0; i < ASSERTIONS; i++) direct.push(await wallMs(() => plain.command('screendump', { filename })));
  await plain.end();
  const [value, baseline] = [median(ours), median(direct)];
  note(`a text that is there: ${value.toFixed(1)} ms, a picture of the screen alone ${baseline.toFixed(1)} ms`);
  return { 'qemu.assertMatched': { value, unit: 'ms', baseline, ratio: baseline / value } };
}

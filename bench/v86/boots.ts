/**
 * From `launch()` to a text on the screen, as a scenario waits for it: wall seconds, with the guest's own seconds as the
 * baseline. A ratio above 1 means that the guest's time passes faster than the host's.
 */
import { launch } from '../../sdk/machine/launch.js';
import type { MachineSpecInput } from '../../sdk/machine/spec.js';
import { median, type Figure, type Figures } from '../figures.js';

const BOOTS: Readonly<Record<string, { spec: MachineSpecInput; text: string }>> = {
  'v86.grub.menu': { spec: { floppy: 'grub-rescue:floppy', memory: 32 }, text: 'GNU GRUB' },
  'v86.linux.prompt': {
    spec: { kernel: { path: 'linux-busybox:kernel', initrd: 'linux-busybox:initrd' }, memory: 128 },
    text: 'guest:~#',
  },
};
const TIMES = 3;

export async function timeBoots(note: (line: string) => void): Promise<Figures> {
  const figures: Figures = {};
  for (const [name, { spec, text }] of Object.entries(BOOTS)) {
    const boots = [];
    for (let i = 0; i < TIMES; i++) {
      const one = await boot(spec, text);
      note(`${name}: ${one.wallSeconds.toFixed(2)} s, ${one.guestSeconds.toFixed(2)} guest s`);
      boots.push(one);
    }
    figures[name] = figureOf(boots);
  }
  return figures;
}

interface Boot {
  wallSeconds: number;
  guestSeconds: number;
}

async function boot(spec: MachineSpecInput, text: string): Promise<Boot> {
  const start = performance.now();
  await using machine = await launch(spec);
  await machine.screen.getByText(text).waitFor({ timeout: machine.timeouts.boot });
  const wallSeconds = (performance.now() - start) / 1000;
  const guestSeconds = machine.clock.now / 1000;
  return { wallSeconds, guestSeconds };
}

function figureOf(boots: readonly Boot[]): Figure {
  const value = median(boots.map(({ wallSeconds }) => wallSeconds));
  const baseline = median(boots.map(({ guestSeconds }) => guestSeconds));
  return { value, unit: 's', baseline, ratio: baseline / value };
}

/** How long it takes to see: ask the engine for the screen and draw it as RGBA. */
import type { Machine } from '../../sdk/machine/types.js';
import { launch } from '../../sdk/machine/launch.js';
import { median, type Figure, type Figures } from '../figures.js';
import { wallMs } from './run.js';

const FRAMES = 25;
/** GRUB's own graphical terminal: one line, because loading its modules takes most of the time. */
const GRAPHIC = 'set gfxmode=1024x768; insmod vbe; insmod gfxterm; terminal_output gfxterm\n';

export async function measureFrames(note: (line: string) => void): Promise<Figures> {
  await using machine = await launch({ floppy: 'grub-rescue:floppy', memory: 32 });
  await machine.screen.getByText('GNU GRUB').waitFor({ timeout: machine.timeouts.boot });
  // A key stops the menu's countdown.
  await machine.keyboard.press('ArrowDown');
  const text = await capture(machine, note);
  await machine.keyboard.press('c');
  await machine.screen.getByText(/^grub> $/).waitFor();
  await machine.keyboard.type(GRAPHIC);
  await machine.screen.waitFor('a graphic mode', ({ content }) => content.kind === 'graphic', {
    timeout: machine.timeouts.boot,
  });
  const graphic = await capture(machine, note);
  return { 'frame.capture': text, 'frame.capture.graphic': graphic };
}

async function capture(machine: Machine, note: (line: string) => void): Promise<Figure> {
  const times: number[] = [];
  let mode = '';
  for (let i = 0; i < FRAMES; i++) {
    // A frame of a new guest time: one that was taken before would only be handed out again.
    await machine.clock.advance(50);
    times.push(
      await wallMs(async () => {
        const { content, rgba, width, height } = await machine.screen.frame();
        mode = `${width}x${height} ${content.kind}, ${rgba.length} bytes`;
      }),
    );
  }
  note(`frames: ${mode}`);
  return { value: median(times), unit: 'ms', baseline: null, ratio: null };
}

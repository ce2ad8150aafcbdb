/** Boots a guest until its font can be taken: a text mode whose font does not change any more. */
import { GuestwrightError } from '../../../sdk/errors.js';
import { launch, type Machine, type MachineSpecInput, type TextContent } from '../../../sdk/index.js';
import type { Frame } from '../../../sdk/screen/frame.js';

export interface TextModeOptions {
  /** For messages. */
  name: string;
  /** Text that has to be on the screen first. */
  until: string | undefined;
  /** Guest seconds. */
  timeout: number;
}

/** How long a font has to stand still, guest ms: Linux and its console set-up load theirs within a second. */
const SETTLED_MS = 3_000;
const LOOK_EVERY_MS = 500;

/**
 * @returns the text screen with its font
 * @throws GuestwrightError `assertion/font-not-learned` saying what the screen showed in the end; what `launch` throws
 */
export async function textModeOf(spec: MachineSpecInput, options: TextModeOptions): Promise<TextContent> {
  process.stderr.write(`Starting ${options.name} …\n`);
  await using machine = await launch(spec, { name: options.name });
  const limit = machine.clock.now + 1_000 * options.timeout;
  let font: TextContent['font'] | null = null;
  let since = 0;
  for (;;) {
    const frame = await machine.screen.frame();
    const content = (await isReady(machine, frame, options.until)) ? frame.content : null;
    if (content?.kind !== 'text') font = null;
    else if (font === null || !isSameFont(font, content.font)) [font, since] = [content.font, frame.time];
    else if (frame.time - since >= SETTLED_MS) return content;
    if (frame.time >= limit) throw notSettled(frame, options);
    await machine.clock.advance(LOOK_EVERY_MS);
  }
}

/** In a text mode that shows something, and the text that was asked for. */
async function isReady(machine: Machine, { grid }: Frame, until: string | undefined): Promise<boolean> {
  if (grid === null) return false;
  if (until === undefined) return grid.lines.some((line) => line.trim() !== '');
  return (await machine.screen.getByText(until).all()).length > 0;
}

function isSameFont(a: TextContent['font'], b: TextContent['font']): boolean {
  return a.height === b.height && Buffer.compare(a.glyphs, b.glyphs) === 0;
}

function notSettled({ content, grid, time }: Frame, { name, until, timeout }: TextModeOptions): GuestwrightError {
  const isGraphic = content.kind === 'graphic';
  return new GuestwrightError(`The font of ${name} could not be learned`, {
    kind: 'assertion',
    code: 'font-not-learned',
    expected: `a text mode ${until === undefined ? 'with text' : `that shows ${JSON.stringify(until)}`} within ${timeout} guest s`,
    seen: isGraphic
      ? `a graphic mode, ${content.mode}`
      : grid === null
        ? `no picture after ${Math.round(time / 1000)} s`
        : grid.lines
            .map((line) => line.trimEnd())
            .join('\n')
            .trimEnd(),
    next: isGraphic
      ? 'give the font file that the guest loads (--psf), or a picture of its console and the text on it (--screen, --text)'
      : 'give it longer (--timeout), or another text (--until)',
  });
}

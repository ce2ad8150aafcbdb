/** `guestwright screen read <png>`: what can be read in a picture of a screen, and how it was read. */
import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { GuestwrightError } from '../../../sdk/errors.js';
import type { ReadLine } from '../../../sdk/screen/read-lines.js';

interface Options {
  json?: true;
  languages?: string;
  fonts?: string;
}

export function readCommand(): Command {
  return new Command('read')
    .description('read the text of a picture of a screen')
    .argument('<png>', 'a PNG file: a screenshot, a golden, a picture of a report')
    .option('--json', 'print { "lines": [{ "text", "region", "rung", "confidence" }] } in reading order')
    .option('--languages <names>', 'languages to recognise where no font matches, for example eng,deu', 'eng')
    .option('--fonts <names>', 'fonts to try first: names of `guestwright fonts list` or paths, with commas')
    .addHelpText('after', AFTER_HELP)
    .action(async (file: string, { json, languages, fonts }: Options) => {
      const lines = await readPicture(file, { languages: listOf(languages), fonts: listOf(fonts) });
      process.stdout.write(json ? `${JSON.stringify({ lines }, null, 2)}\n` : wordLines(lines));
    });
}

const AFTER_HELP = `
Regions are in pixels of the picture. A rung says how a line was read: "glyphs" exactly, by a font; "ocr" recognised.
Borders and the marks of menus are left out.

Examples:
  guestwright screen read golden-screens/grub-rescue/grub-rescue/menu.png
  guestwright screen read reports/html/data/screen.png --json --languages eng,deu`;

function listOf(names: string | undefined): string[] {
  return (names ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

async function readPicture(file: string, options: { languages: string[]; fonts: string[] }): Promise<ReadLine[]> {
  const [{ LadderReader, decodePng }, { makeFrame }, { readLines }] = await Promise.all([
    import('../../../sdk/reading/index.js'),
    import('../../../sdk/screen/frame.js'),
    import('../../../sdk/screen/read-lines.js'),
  ]);
  const { width, height, rgba } = decodePng(await bytesOf(file), file);
  const frame = makeFrame({ kind: 'graphic', width, height, rgba, mode: 'a PNG file' }, 0);
  const reader = new LadderReader({ ...options, onProgress: (line) => void process.stderr.write(`${line}\n`) });
  return readLines(await reader.whole(frame));
}

async function bytesOf(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new GuestwrightError(
      `${file} cannot be read`,
      {
        kind: 'usage',
        code: 'picture-missing',
        expected: 'a PNG file',
        seen: error instanceof Error ? error.message : String(error),
      },
      { cause: error },
    );
  }
}

/** The rung, the place, the text: one line each. */
function wordLines(lines: readonly ReadLine[]): string {
  if (lines.length === 0) return 'No text could be read.\n';
  const places = lines.map(({ region: { x, y, width, height } }) => `${x},${y} ${width}x${height}`);
  const widest = Math.max(...places.map((place) => place.length));
  const rows = lines.map(({ text, rung, confidence }, i) => {
    const sure = rung === 'ocr' ? `${rung} ${confidence.toFixed(2)}` : rung;
    return `${sure.padEnd(8)}  ${(places[i] ?? '').padEnd(widest)}  ${text}`;
  });
  return `${rows.join('\n')}\n`;
}

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { z } from 'zod';
import { PictureFile } from './picture-file.js';
import { ScreenWatch } from './screen-watch.js';

const [WIDTH, HEIGHT] = [8, 4];

let folder = '';
let file: PictureFile;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'guestwright-test-'));
  file = new PictureFile(folder);
});
afterEach(() => {
  file.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A QEMU whose screen has one colour. */
function showing(grey: number) {
  const picture = Buffer.concat([Buffer.from(`P6\n${WIDTH} ${HEIGHT}\n255\n`), Buffer.alloc(3 * WIDTH * HEIGHT, grey)]);
  return {
    async execute<T>(command: string, _args: unknown, answer: z.ZodType<T>): Promise<T> {
      expect(command).toBe('screendump');
      // In this process the file that QEMU inherits has another number.
      const path = file.inherited === null ? file.path : `/proc/self/fd/${file.inherited}`;
      writeFileSync(path, picture);
      return Promise.resolve(answer.parse({}));
    },
  };
}

test('what QEMU shows by itself is told from what a guest shows, however many pictures come between', async () => {
  const screen = new ScreenWatch(file, []);
  await screen.notePlaceholder(showing(7));
  await screen.look(showing(7));
  expect(screen.content.kind).toBe('blank');
  for (const grey of [90, 120, 90, 90, 200, 120]) {
    await screen.look(showing(grey));
    expect(screen.content).toMatchObject({ kind: 'graphic', width: WIDTH, height: HEIGHT });
    expect('rgba' in screen.content ? screen.content.rgba[0] : null).toBe(grey);
  }
  await screen.look(showing(7));
  expect(screen.content.kind).toBe('blank');
});

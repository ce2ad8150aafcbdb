import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { RECIPES } from './catalogue.js';
import { buildImage, imagePath } from './index.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guestwright-reproducible-'));
});

afterEach(() => void vi.unstubAllEnvs());

afterAll(async () => await rm(folder, { recursive: true }));

/**
 * Builds from the packages' download on, with nothing but what was built of other images in the same place: each place has a
 * cache and a project of its own.
 */
async function build(name: string, place: string): Promise<{ digests: Record<string, string>; lock: string }> {
  const project = join(folder, place);
  await mkdir(project, { recursive: true });
  await writeFile(join(project, 'package.json'), '{}');
  vi.stubEnv('GUESTWRIGHT_CACHE', join(project, 'cache'));
  await buildImage(name, { projectRoot: project, accept: true });
  const digests: Record<string, string> = {};
  for (const path of await imagePath(name, { projectRoot: project })) {
    const part = path.slice(path.lastIndexOf('/') + 1);
    digests[part] = createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
  }
  return { digests, lock: await readFile(join(project, 'images.lock'), 'utf8') };
}

test.each(RECIPES.map(({ name, parts }) => [name, Object.keys(parts)] as const))(
  '%s, built twice from nothing in two places and time zones, is the same to the byte',
  async (name, parts) => {
    vi.stubEnv('TZ', 'Pacific/Auckland');
    const first = await build(name, 'first');
    vi.stubEnv('TZ', 'America/New_York');
    const second = await build(name, 'the second, elsewhere');
    expect(Object.keys(first.digests).sort()).toEqual([...parts].sort());
    expect(second).toEqual(first);
  },
);

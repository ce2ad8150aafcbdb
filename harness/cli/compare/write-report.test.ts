import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Interrupted } from './interruption.js';
import { RECORD_FILE, writeReport, type WrittenParts } from './write-report.js';

const RUN: WrittenParts['runs'][0] = {
  exitCode: 0,
  screens: '',
  run: {
    courses: [],
    picture: () => ({ width: 0, height: 0, rgba: new Uint8Array() }),
  },
};

test('an interrupted command leaves the report that was there, and nothing beside it', async () => {
  const parent = await mkdtemp(path.join(tmpdir(), 'guestwright-test-report-'));
  onTestFinished(async () => await rm(parent, { recursive: true }));
  const folder = path.join(parent, 'compare');
  await mkdir(folder);
  await writeFile(path.join(folder, RECORD_FILE), 'earlier');
  const check = (): void => {
    throw new Interrupted('SIGINT');
  };
  const parts: Omit<WrittenParts, 'interruption'> = {
    images: { a: 'a', b: 'b' },
    machines: [],
    findings: [],
    rules: { ignore: [], timeTolerance: 25 },
    notes: [],
    runs: [RUN, RUN],
  };
  await expect(writeReport(folder, { ...parts, interruption: { check } })).rejects.toMatchObject({ exitCode: 130 });
  expect(await readdir(parent)).toEqual(['compare']);
  expect(await readdir(folder)).toEqual([RECORD_FILE]);
  await writeReport(folder, { ...parts, interruption: { check: () => undefined } });
  expect(await readdir(folder)).toEqual([RECORD_FILE, 'index.html', 'screens']);
});

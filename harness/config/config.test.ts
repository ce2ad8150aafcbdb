import { expect, test } from 'vitest';
import { GuestwrightError } from '../../sdk/errors.js';
import { defineConfig, EXPECT_TIMEOUT_MS } from './define-config.js';
import { defineGuests } from './define-guests.js';

const floppy = { spec: { floppy: 'grub-rescue:floppy' } };

function problemOf(work: () => unknown): { code: string; seen: string } {
  try {
    work();
  } catch (error) {
    if (error instanceof GuestwrightError) return { code: error.code, seen: error.failure.seen ?? '' };
    throw error;
  }
  throw new Error('It was accepted.');
}

test('each guest on each engine is a project, with its options and its metadata', () => {
  const [grub, linux, bare] = defineGuests({
    engines: ['v86'],
    guests: {
      grub: { ...floppy, metadata: { image: 'sha256:00' } },
      linux: { spec: { memory: 128 }, scenarios: 'linux*.spec.ts' },
      bare: { memory: 32 },
    },
  });
  const guests = { grub: { floppy: 'grub-rescue:floppy' }, linux: { memory: 128 }, bare: { memory: 32 } };
  expect(grub).toEqual({
    name: 'grub-v86',
    metadata: { guest: 'grub', engine: 'v86', image: 'sha256:00' },
    use: { guest: 'grub', engine: 'v86', guests },
  });
  expect(linux).toMatchObject({ name: 'linux-v86', testMatch: 'linux*.spec.ts', use: { guest: 'linux' } });
  expect(bare).toEqual({
    name: 'bare-v86',
    metadata: { guest: 'bare', engine: 'v86' },
    use: { guest: 'bare', engine: 'v86', guests },
  });
});

test('guests that would share their folder of goldens are refused by name', () => {
  expect(problemOf(() => defineGuests({ guests: { Grub_rescue: floppy, 'grub-rescue': floppy } }))).toEqual({
    code: 'guests-invalid',
    seen: 'guests: "Grub_rescue" and "grub-rescue" would share the folder golden-screens/grub-rescue; rename one',
  });
});

test('a guest whose engines are none, because they are not installed, has no project', () => {
  const guests = { a: { ...floppy, engines: ['qemu'] as const }, b: { ...floppy, engines: [] } };
  expect(defineGuests({ guests }).map(({ name }) => name)).toEqual(['a-qemu']);
});

test('a guest without engines of its own has to fit those of the table', () => {
  const guests = { pc: { spec: { smp: 2 } } };
  expect(defineGuests({ engines: ['qemu'], guests }).map(({ name }) => name)).toEqual(['pc-qemu']);
  expect(problemOf(() => defineGuests({ engines: ['qemu', 'v86'], guests })).seen).toContain(
    'pc: smp: only the engine qemu has this field',
  );
});

test('every problem of a table is named at once', () => {
  const { seen } = problemOf(() =>
    defineGuests({ engines: ['v86', 'v86'], guests: { '?': floppy, a: { spec: { memory: 1 } } } }),
  );
  expect(seen.split('\n')).toEqual([
    'guests: "?" is no name: give it a letter or a digit',
    'engines: "v86" is there twice',
    expect.stringMatching(/^a: memory: .*>=4.*\(got 1\)$/),
  ]);
  expect(problemOf(() => defineGuests({ guests: {} })).seen).toBe('guests: the table is empty');
  expect(problemOf(() => defineGuests({ engines: [], guests: { a: floppy } })).seen).toBe('engines: the list is empty');
});

test('a config is for machines unless it says otherwise', () => {
  const config = defineConfig({ projects: defineGuests({ guests: { grub: floppy } }) });
  expect(config).toMatchObject({ testDir: 'scenarios', timeout: 600_000, workers: 2, outputDir: 'reports/results' });
  expect(config.expect).toMatchObject({ timeout: EXPECT_TIMEOUT_MS });
  const own = defineConfig({ timeout: 0, workers: 1, expect: { timeout: 7 }, reporter: 'dot' });
  expect(own).toMatchObject({ timeout: 0, workers: 1, expect: { timeout: 7 }, reporter: 'dot' });
});

test('projects of the same name are refused', () => {
  const projects = [...defineGuests({ guests: { a: floppy } }), ...defineGuests({ guests: { a: floppy } })];
  expect(problemOf(() => defineConfig({ projects }))).toEqual({ code: 'projects-invalid', seen: '"a-v86"' });
});

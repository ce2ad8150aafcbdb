import path from 'node:path';
import { expect, test } from 'vitest';
import { GuestwrightError } from '../errors.js';
import { outletsOf, portCount } from './port-spec.js';
import { parseSpec, type MachineSpecInput } from './spec.js';

/** The lines that name what is wrong. */
function problems(input: MachineSpecInput): string {
  try {
    parseSpec(input);
  } catch (error) {
    if (error instanceof GuestwrightError && error.code === 'spec-invalid') return error.failure.seen ?? '';
    throw error;
  }
  return '';
}

test('a number of ports is as many that are the driver’s', () => {
  const spec = parseSpec({ engine: 'qemu', serial: 2, parallel: 1 });
  expect([portCount(spec, 'serial'), portCount(spec, 'parallel'), portCount(spec, 'console')]).toEqual([2, 1, 0]);
  expect(outletsOf(spec)).toEqual([]);
  expect(portCount(parseSpec({}), 'serial')).toBe(1);
});

test('a list says where each port leads, by absolute paths', () => {
  const spec = parseSpec({
    engine: 'qemu',
    serial: ['driver', { file: 'out.log' }, { socket: '/tmp/s' }, { pipe: '/tmp/p' }],
    virtioConsoles: [{ file: '/tmp/f' }],
  });
  expect(portCount(spec, 'serial')).toBe(4);
  expect(outletsOf(spec)).toEqual([
    { device: 'serial', port: 1, to: { kind: 'file', path: path.resolve('out.log') } },
    { device: 'serial', port: 2, to: { kind: 'socket', path: '/tmp/s' } },
    { device: 'serial', port: 3, to: { kind: 'pipe', path: '/tmp/p' } },
    { device: 'console', port: 0, to: { kind: 'file', path: '/tmp/f' } },
  ]);
});

test.each<[unknown, string]>([
  [{ serial: 5 }, 'serial: Too big: expected number to be <=4 (got 5)'],
  [{ serial: [] }, 'serial: Too small'],
  [{ serial: [{ folder: 'x' }] }, 'serial: expected a number from 1 to 4, or a list'],
  [{ serial: ['driver', { file: 'x' }] }, 'serial.1: only on the engine qemu'],
  [{ parallel: 1 }, 'parallel: only the engine qemu has this field'],
  [{ virtioConsoles: 1 }, 'virtioConsoles: only the engine qemu has this field'],
  [{ engine: 'qemu', parallel: 4 }, 'parallel: Too big: expected number to be <=3'],
  [{ engine: 'qemu', architecture: 'aarch64', parallel: 1 }, 'parallel: aarch64 has no parallel ports'],
  [
    { engine: 'qemu', serial: [{ file: '/x' }], parallel: [{ file: '/x' }] },
    'parallel: /x is where another port leads',
  ],
])('%j is refused: %s', (spec, words) => {
  expect(problems(spec as MachineSpecInput)).toContain(words);
});

import { expect, test } from 'vitest';
import { stallOf } from './failed-writes.js';

test.each([
  [{ action: 'stop', nospace: true, reason: 'No space left on device', 'node-name': 'disk1.3' }, 1, true],
  [{ action: 'stop', nospace: false, reason: 'Disk quota exceeded', 'node-name': 'disk0.1' }, 0, true],
  [{ action: 'stop', nospace: false, reason: 'Input/output error', 'node-name': 'floppy0.1' }, null, false],
])('what QEMU says of a failed write: %j', (data, disk, full) => {
  expect(stallOf({ name: 'BLOCK_IO_ERROR', data })).toEqual({ disk, full, detail: data.reason });
  expect(stallOf({ name: 'BLOCK_IO_ERROR', data: { ...data, action: 'report' } })).toBeNull();
  expect(stallOf({ name: 'STOP', data })).toBeNull();
});

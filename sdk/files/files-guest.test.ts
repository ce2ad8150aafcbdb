/** Files into a real guest and out of it, on QEMU. */
import { describe } from 'vitest';
import { engineNamed } from '../engines/index.js';
import { testFilesOn } from './files-guest.test.helper.js';

const probe = await (await engineNamed('qemu')).probe();
if (!probe.available) console.log(`QEMU is not tested here: ${probe.missing}; ${probe.install}`);

describe.skipIf(!probe.available)('on QEMU', () => testFilesOn('qemu', 128 * 1024));

// On the embedded engine it takes minutes of processor time: files-guest.full.test.ts.

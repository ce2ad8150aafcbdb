/** Files into a guest and out of it on every engine, a megabyte among them. */
import { describe } from 'vitest';
import { engineNamed } from '../engines/index.js';
import { testFilesOn } from './files-guest.test.helper.js';

const probe = await (await engineNamed('qemu')).probe();
if (!probe.available) console.log(`QEMU is not tested here: ${probe.missing}; ${probe.install}`);

const MB = 1024 * 1024;

describe('on the embedded engine', () => testFilesOn('v86', MB));
describe.skipIf(!probe.available)('on QEMU', () => testFilesOn('qemu', MB));

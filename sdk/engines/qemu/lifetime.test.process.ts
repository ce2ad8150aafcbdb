/** An owner of a machine that a test kills: starts one in the folder that it is given, says so, and lives on. */
import { setInterval } from 'node:timers';
import { hardware } from '../conformance/suite.js';
import { typewriter } from '../conformance/boot-sector.js';
import { QemuEngine } from './engine.js';

const [folder = ''] = process.argv.slice(2);
await new QemuEngine().start(hardware(typewriter(), { clock: 'free' }), {
  runDirectory: folder,
  runId: 'lifetime',
  guardMs: 60_000,
});
process.stdout.write('started\n');
setInterval(() => undefined, 1_000);

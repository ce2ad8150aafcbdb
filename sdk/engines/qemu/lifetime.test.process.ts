/** An owner of a machine that a test kills: starts one in the folder that it is given, says so, and lives on. */
import { join } from 'node:path';
import { setInterval } from 'node:timers';
import { hardware } from '../conformance/suite.js';
import { typewriter } from '../conformance/boot-sector.js';
import { QemuEngine } from './engine.js';

const [folder = ''] = process.argv.slice(2);
// Beside the folder, which is not the machine's.
const outlets = (['socket', 'pipe'] as const).map((kind, port) => ({
  device: 'serial' as const,
  port,
  to: { kind, path: join(folder, '..', kind) },
}));
await new QemuEngine().start(hardware(typewriter(), { clock: 'free', serialPorts: 2, outlets }), {
  runDirectory: folder,
  runId: 'lifetime',
  guardMs: 60_000,
});
process.stdout.write('started\n');
setInterval(() => undefined, 1_000);

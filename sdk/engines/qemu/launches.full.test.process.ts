/** Launches a machine, says so, and disposes it; on and on, or once. For a test that kills it somewhere on the way. */
import { launch } from '../../machine/launch.js';

const [image = '', times = '1'] = process.argv.slice(2);
for (let i = 0; i < Number(times); i++) {
  const machine = await launch({ engine: 'qemu', floppy: image, memory: 8 });
  process.stdout.write('launched\n');
  await machine.dispose();
}

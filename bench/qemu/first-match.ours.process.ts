/** The same as a user of the SDK writes it. */
import { launch } from '../../sdk/index.js';

const [cdrom = '', text = ''] = process.argv.slice(2);
const machine = await launch({ engine: 'qemu', cdrom, memory: 32 });
await machine.screen.getByText(text).waitFor();
process.stdout.write(String(Date.now()));
await machine.dispose();

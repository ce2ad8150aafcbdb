/** The shortest script that starts a guest and waits for a text on its screen; says when it saw it. */
import { PlainQemu } from './plain.js';

const [cdrom = '', text = ''] = process.argv.slice(2);
const plain = await PlainQemu.start(['-m', '32M', '-cdrom', cdrom]);
await plain.command('cont');
while (!(await plain.text()).includes(text));
process.stdout.write(String(Date.now()));
await plain.end();

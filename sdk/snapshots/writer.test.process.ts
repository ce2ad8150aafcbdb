/** Puts snapshots of one machine into a store, one after the other, until it is killed or has put as many as asked for. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SnapshotStore } from './store.js';
import { IDENTITY, keyOf, memory } from './store.test.helper.js';

const [folder = '', scratch = '', prefix = '', count = '0'] = process.argv.slice(2);
const store = new SnapshotStore(folder);
for (let i = 0; i < Number(count); i++) {
  const name = `${prefix}${i}`;
  const file = join(scratch, `${process.pid}-${i}`);
  writeFileSync(file, memory(200, { [i % 200]: name }));
  await store.put({ key: keyOf(name), engine: 'test', identity: IDENTITY, time: i, files: { state: file } });
  rmSync(file);
  process.stdout.write(`${name}\n`);
}

/** What is in a state, by the names of its parts: a driver that has others cannot go on from it, and has to say so by its version. */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hardware } from '../conformance/suite.js';
import { engineNamed } from '../index.js';
import { decodeSnapshot } from './core/snapshot-bytes.js';
import { STATE_VERSION } from './engine.js';

let folder = '';
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'guestwright-test-shape-'))));
afterEach(async () => await rm(folder, { recursive: true, force: true }));

test('states have the shape that their version names: if this fails, count the version up and write the shape down', async () => {
  const engine = await engineNamed('v86');
  const machine = await engine.start(hardware(null), { runDirectory: folder, runId: 'shape', guardMs: 60_000 });
  try {
    const file = join(folder, 'a.state');
    await machine.exportSnapshot((await machine.save()).id, file);
    const { devices } = decodeSnapshot(new Uint8Array(await readFile(file)), file, machine.identity);
    const shape = devices.graph.contents.map((one) =>
      one.kind === 'object' ? Object.keys(one.fields).sort().join(' ') : one.kind,
    );
    const digest = createHash('sha256').update(shape.join('\n')).digest('hex');
    expect({ version: STATE_VERSION, objects: shape.length, digest }).toEqual({
      version: 3,
      objects: 388,
      digest: '31574c98c9294df75b4f1a058e103c4a31c0bb2700b77314a1ef42e7596bb3ea',
    });
  } finally {
    await machine[Symbol.asyncDispose]();
  }
});

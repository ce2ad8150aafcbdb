/** Our driver, as scenarios use it: through the engine's contract, looking whenever the serial port said something. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { EngineMachine } from '../../sdk/engines/engine.js';
import { engineNamed } from '../../sdk/engines/index.js';
import { readSnapshotFile } from '../../sdk/engines/v86/node/snapshot-file.js';
import { hardwareOf } from '../../sdk/machine/hardware.js';
import { GUEST, PROMPT, SAVES, tell, wallMs } from './run.js';

/** Guest ms that the guest runs between two saves, so that there is something to save and to take back. */
const BETWEEN_MS = 500;
const BOOT_LIMIT_MS = 180_000;

const runDirectory = await mkdtemp(path.join(tmpdir(), 'guestwright-bench-'));
try {
  const engine = await engineNamed('v86');
  await using machine = await engine.start(await hardwareOf(GUEST), {
    runDirectory,
    runId: 'bench',
    guardMs: 600_000,
  });
  const busySeconds = (await wallMs(async () => toPrompt(machine))) / 1000;
  const instructions = await instructionsOf(machine);
  const { saveMs, restoreMs } = await saveAndRestore(machine);
  tell({ instructions, busySeconds, idleSeconds: 0, saveMs, restoreMs });
} finally {
  await rm(runDirectory, { recursive: true, force: true });
}

async function toPrompt(machine: EngineMachine): Promise<void> {
  let seen = '';
  let from = 0;
  while (!seen.includes(PROMPT)) {
    const { reason } = await machine.advance({ limit: BOOT_LIMIT_MS, stopOn: ['serial'] });
    if (reason !== 'serial') throw new Error(`no prompt on the serial port, only: ${seen}`);
    const { data, end } = await machine.observe({ kind: 'serial', port: 0, from });
    seen += new TextDecoder().decode(data);
    from = end;
  }
}

/** The driver does not tell, but a stored state holds its clock, which counts them. */
async function instructionsOf(machine: EngineMachine): Promise<number> {
  const file = path.join(runDirectory, 'state');
  const { id } = await machine.save();
  await machine.exportSnapshot(id, file);
  await machine.forget(id);
  const { clock } = readSnapshotFile(await readFile(file), file, machine.identity);
  return clock.high + clock.last;
}

async function saveAndRestore(machine: EngineMachine): Promise<{ saveMs: number[]; restoreMs: number[] }> {
  const saveMs: number[] = [];
  const restoreMs: number[] = [];
  for (let i = 0; i < SAVES; i++) {
    await machine.advance({ limit: machine.now + BETWEEN_MS, stopOn: [] });
    let id = '';
    saveMs.push(await wallMs(async () => ({ id } = await machine.save())));
    await machine.advance({ limit: machine.now + BETWEEN_MS, stopOn: [] });
    restoreMs.push(await wallMs(async () => machine.restore(id)));
    await machine.forget(id);
  }
  return { saveMs, restoreMs };
}

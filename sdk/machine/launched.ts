/** The public face of a machine whose engine runs. Apart from `launch.ts`, which loads it while the engine starts. */
import type { EngineMachine } from '../engines/engine.js';
import { LadderReader } from '../reading/ladder.js';
import { pictureFile } from '../reading/picture-file.js';
import { GuestMachine, type MachineParts } from './machine.js';
import { RecordedMachine } from './recording.js';
import type { LaunchOptions } from './types.js';

export interface LaunchedParts extends Omit<MachineParts, 'engine' | 'reader' | 'goldens'> {
  record: LaunchOptions['record'] | null;
  goldens: LaunchOptions['goldens'] | null;
}

export function machineOn(running: EngineMachine, { record, goldens, ...parts }: LaunchedParts): GuestMachine {
  const { fonts, ocr } = parts.spec;
  return new GuestMachine({
    ...parts,
    engine: record == null ? running : new RecordedMachine(running, record),
    reader: new LadderReader({ fonts, languages: ocr.languages, onProgress: sayOnce }),
    goldens: goldens ?? pictureFile,
  });
}

/** Fonts are made once on a machine, and it takes a while: whoever waits for it is told. */
function sayOnce(line: string): void {
  process.stderr.write(`${line}\n`);
}

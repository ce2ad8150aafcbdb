/** Writes a run as one file: see `format.ts`. */
import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';
import { openVhdFiles } from '../../sdk/disks/open-disk.js';
import { blockSourceSize, type BlockSource } from '../../sdk/engines/blocks.js';
import type { Hardware, Medium, WholeFile } from '../../sdk/engines/engine.js';
import { engineNamed } from '../../sdk/engines/index.js';
import { portCount } from '../../sdk/machine/port-spec.js';
import { shownText } from '../../sdk/serial/shown.js';
import type { Machine } from '../../sdk/machine/types.js';
import { encodePng } from '../../sdk/reading/png.js';
import { wordInput } from '../attempts/word-input.js';
import { packageVersion } from '../cli/version.js';
import type { RunFile, RunHardware, RunLook, RunMedium } from './format.js';
import { againOf } from './again.js';
import type { TestGoldens } from './goldens.js';
import { watchedRun, type WatchedRun } from './watch.js';

/** Bytes of media beyond which a file has none, and cannot go on. */
const MOST_MEDIA = 512 << 20;
/** Characters of serial output that are kept, the last ones. */
const MOST_SERIAL = 2_000_000;

export interface RunOf {
  title: string;
  error: string | null;
  goldens: TestGoldens;
}

/**
 * @param file that is replaced when the new one is whole
 * @returns false: the machine was not watched, there is nothing to write
 * @throws what saving the state throws
 */
export async function writeRun(machine: Machine, test: RunOf, file: string): Promise<boolean> {
  const watched = watchedRun(machine);
  if (watched === undefined) return false;
  const state = path.join(machine.runDirectory, `run-${randomUUID()}`);
  const beside = `${file}.new-${process.pid}`;
  const zip = new ZipFile();
  try {
    const { looks, pictures } = drawn(watched);
    const resume = await resumeOf(machine, watched, state);
    const serial = portCount(machine.spec, 'serial') > 0 ? await machine.serial.text() : '';
    const content: RunFile = {
      version: 2,
      made: packageVersion(),
      test: { title: test.title, error: shownError(test.error) },
      machine: machine.name,
      engine: machine.engine,
      end: machine.clock.now,
      steps: watched.steps.map(({ error, ...step }) => ({ ...step, error: shownError(error) })),
      inputs: machine.journal.map(({ at, input, secret = false }) => ({ at, words: wordInput(input, secret) })),
      again: machine.spec.state === undefined ? againOf(machine.journal) : null,
      looks,
      goldens: test.goldens.goldens,
      serial: serial.slice(-MOST_SERIAL),
      resume: resume.kind === 'possible' ? resume.parts : null,
      why: resume.kind === 'possible' ? null : resume.why,
    };
    zip.addBuffer(Buffer.from(JSON.stringify(content)), 'run.json');
    for (const [digest, bytes] of new Map([...pictures, ...test.goldens.pictures]))
      zip.addBuffer(Buffer.from(bytes), `screens/${digest}.png`, { compress: false });
    if (resume.kind === 'possible') {
      const { bios, vgaBios } = resume.firmware;
      zip.addBuffer(Buffer.from(bios), 'bios');
      zip.addBuffer(Buffer.from(vgaBios), 'vgabios');
      // Most of a memory is text and code; a level above makes it little smaller for much more time.
      zip.addFile(state, 'state', { compressionLevel: 1 });
      for (const [digest, source] of resume.media) addMedium(zip, `media/${digest}`, source);
    }
    zip.end();
    await pipeline(zip.outputStream, createWriteStream(beside, { flags: 'wx' }));
    await rename(beside, file);
    return true;
  } finally {
    await rm(beside, { force: true });
    await rm(state, { force: true });
  }
}

function shownError(error: string | null): string | null {
  return error === null ? null : shownText(error);
}

function addMedium(zip: ZipFile, name: string, source: BlockSource): void {
  const options = { compressionLevel: 1 };
  switch (source.kind) {
    case 'bytes':
      zip.addBuffer(Buffer.from(source.bytes), name, options);
      return;
    case 'file':
      zip.addFile(source.path, name, options);
      return;
    case 'vhd':
      // The browser is given the disk, not its image.
      zip.addReadStream(Readable.from(piecesOf(source.paths)), name, options);
      return;
    case 'blank':
  }
}

const PIECE = 1 << 20;

function* piecesOf(paths: readonly string[]): Generator<Uint8Array> {
  const disk = openVhdFiles(paths);
  try {
    for (let at = 0; at < disk.size; at += PIECE) yield disk.read(at, Math.min(PIECE, disk.size - at));
  } finally {
    disk.close();
  }
}

/** The file that stands for it, if there is one. */
function fileOf(source: BlockSource): { path: string; size: number | null } | null {
  if (source.kind === 'file') return source;
  return source.kind === 'vhd' ? { path: source.paths[0], size: null } : null;
}

/** The looks, and their pictures by their digests. */
function drawn({ looks }: WatchedRun): { looks: RunLook[]; pictures: Map<string, Uint8Array> } {
  const pictures = new Map<string, Uint8Array>();
  const drawnLooks = looks.all.map((frame): RunLook => {
    const bytes = encodePng(frame);
    const screen = createHash('sha256').update(bytes).digest('hex');
    pictures.set(screen, bytes);
    return {
      at: frame.time,
      screen,
      text: frame.grid === null ? null : frame.grid.lines.map((line) => line.trimEnd()),
    };
  });
  return { looks: drawnLooks, pictures };
}

type Resume =
  | {
      kind: 'possible';
      parts: NonNullable<RunFile['resume']>;
      firmware: { bios: Uint8Array; vgaBios: Uint8Array };
      /** By their digests. */
      media: Map<string, BlockSource>;
    }
  | { kind: 'impossible'; why: string };

/** Saves the state, if something could go on from it. */
async function resumeOf(machine: Machine, { started }: WatchedRun, state: string): Promise<Resume> {
  const engine = await engineNamed(machine.spec.engine);
  if (engine.portable === undefined)
    return { kind: 'impossible', why: `machines on ${engine.name} do not run in a browser` };
  if (machine.state === 'disposed' || machine.state === 'crashed' || machine.failure?.kind === 'infrastructure') {
    return { kind: 'impossible', why: 'the machine was lost' };
  }
  const { hardware, identity } = started;
  const media = mediaOf(hardware, machine);
  for (const source of media.values()) {
    const wanted = fileOf(source);
    const isThere =
      wanted === null ||
      (await stat(wanted.path)
        .then((seen) => wanted.size === null || seen.size === wanted.size)
        .catch(() => false));
    if (!isThere) return { kind: 'impossible', why: 'one of its images is not there any more' };
  }
  const bytes = [...media.values()].reduce((sum, source) => sum + blockSourceSize(source), 0);
  if (bytes > MOST_MEDIA)
    return { kind: 'impossible', why: `its images have ${bytes >> 20} MB, more than ${MOST_MEDIA >> 20}` };
  await machine.saveState(state);
  const { firmware, build } = await engine.portable();
  const paths: Record<string, string> = {};
  for (const [digest, source] of media) {
    const file = fileOf(source);
    if (file !== null) paths[file.path] = digest;
  }
  return { kind: 'possible', parts: { identity, build, hardware: plain(hardware), paths }, firmware, media };
}

/** Of the machine as it was launched, and what was put in since. */
function mediaOf(hardware: Hardware, { journal }: Machine): Map<string, BlockSource> {
  const { disks, floppies, cdrom, kernel } = hardware;
  const all: (WholeFile | null | undefined)[] = [...disks, ...floppies, cdrom, kernel?.kernel, kernel?.initrd];
  for (const { input } of journal) {
    if (input.kind === 'media') all.push(input.medium);
    if (input.kind === 'power' && input.action === 'on') all.push(...input.media.floppies, input.media.cdrom);
  }
  const media = new Map<string, BlockSource>();
  for (const one of all) if (one != null) media.set(one.digest, one.source);
  return media;
}

function plain(hardware: Hardware): RunHardware {
  const of = ({ digest, source }: WholeFile): RunMedium => ({
    digest,
    size: blockSourceSize(source),
    blank: source.kind === 'blank',
  });
  const drive = (medium: Medium | null): RunMedium | null => (medium === null ? null : of(medium));
  const { memoryMb, videoMemoryMb, disks, floppies, cdrom, bootOrder, kernel, serialPorts, acpi, rtc, seed, mips } =
    hardware;
  return {
    memoryMb,
    videoMemoryMb,
    disks: disks.map(of),
    floppies: floppies.map(drive),
    ...(cdrom === undefined ? {} : { cdrom: drive(cdrom) }),
    bootOrder: [...bootOrder],
    kernel:
      kernel === null
        ? null
        : {
            kernel: of(kernel.kernel),
            initrd: kernel.initrd === null ? null : of(kernel.initrd),
            commandLine: kernel.commandLine,
          },
    serialPorts,
    acpi,
    rtc,
    seed,
    ...(mips === undefined ? {} : { mips }),
  };
}

/**
 * The state of a machine, saved: what QEMU says of itself in a file, the layers of its media, and what the driver knows.
 *
 * An exported state is one file of parts that begin at multiples of 4096: the guest's memory, sparse, where it is apart;
 * QEMU's own state (its migration stream) unless the machine was off; then the layers. At the end stand JSON that
 * describes it, its length and its CRC-32 (32 bits each, little-endian) and the 16 bytes `GUESTWRIGHT-QST2`. QEMU maps the
 * memory, and reads the layers that are only read, right from there. Untrusted input when read: everything is checked.
 */
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { z } from 'zod';
import { BOOT_DEVICES, type Answers, type GuestTime } from '../engine.js';
import type { GuestwrightError } from '../../errors.js';
import { stateInvalid, stateOfAnotherMachine } from '../state-errors.js';
import type { Layer } from './block-nodes.js';
import { appendPart, copyPart, crcOfPart, type Part } from './file-parts.js';
import type { MouseButtons } from './input-events.js';
import type { InputState } from './input-watch.js';
import type { FrozenMedia } from './machine-media.js';
import { copyImage, crcOfImage, mapBytes } from './memory-image.js';
import type { SavedMemory } from './migration.js';
import { MAX_TPM_BYTES } from './tpm.js';
import { namesNoFile, QCOW2_HEADER_BYTES } from '../../disks/qcow2.js';

const MAGIC = Buffer.from('GUESTWRIGHT-QST2', 'latin1');
/** Of the format before, in which the memory could not be mapped. */
const OLD_MAGIC = Buffer.from('GUESTWRIGHT-QST1', 'latin1');
/** Parts begin at multiples of this. */
const ALIGNMENT = 4096;
const TRAILER = 8 + MAGIC.length;
/** Far more than a description takes: serial output is the most of it. */
const MAX_JSON = 256 << 20;

export interface SavedState {
  time: GuestTime;
  power: Answers['power'];
  /** Null of a machine that was off. */
  memory: SavedMemory | null;
  /** Output of every port, in the order of `portPlaces`. */
  serial: Uint8Array[];
  input: InputState;
  paging: boolean;
  buttons: MouseButtons;
  media: FrozenMedia;
  /** What the TPM keeps without power; null where there is none. */
  tpm: Uint8Array | null;
}

const count = z.int().nonnegative();
const part = z.strictObject({ offset: count.multipleOf(ALIGNMENT), size: count, crc: count });
const image = z
  .strictObject({ size: count.multipleOf(ALIGNMENT), map: z.base64(), crc: count })
  .refine(({ size, map }) => Buffer.from(map, 'base64').length === mapBytes(size), 'a map of another size');
const memory = z
  .strictObject({ image: image.nullable(), stream: part, leftOut: z.boolean() })
  .refine(({ image: apart, leftOut }) => apart !== null || !leftOut, 'no memory')
  .refine(({ image: apart, stream }) => stream.offset === (apart?.size ?? 0), 'a state that is not at its place');
const description = z.strictObject({
  identity: z.string(),
  time: z.number().nonnegative(),
  power: z.strictObject({ state: z.enum(['running', 'off', 'halted', 'crashed']), detail: z.string().nullable() }),
  memory: memory.nullable(),
  serial: z.array(z.base64()),
  input: z.strictObject({
    pendingKeys: count,
    keyboardEnabled: z.boolean(),
    mouseEnabled: z.boolean(),
    replies: count,
    awaitedParameter: z.boolean(),
    translates: z.boolean(),
  }),
  paging: z.boolean(),
  buttons: z.strictObject({ left: z.boolean(), middle: z.boolean(), right: z.boolean() }),
  removable: z.strictObject({
    floppies: z.array(z.string().nullable()),
    /** Absent: no drive. */
    cdrom: z.string().nullable().optional(),
    bootOrder: z.array(z.enum(BOOT_DEVICES)),
  }),
  layers: z.array(z.tuple([z.string(), z.array(part)])),
  /** Absent: no TPM. */
  tpm: z
    .base64()
    .max(2 * MAX_TPM_BYTES)
    .optional(),
});
type Description = z.output<typeof description>;

/** Writes a state to a file, beside and then renamed. */
export async function exportState(state: SavedState, identity: string, file: string): Promise<void> {
  const beside = `${file}.guestwright-new`;
  try {
    await writeParts(state, identity, beside);
    await noteWritten(beside);
    await rename(beside, file);
  } finally {
    await rm(beside, { force: true });
  }
}

async function noteWritten(path: string): Promise<void> {
  const file = await open(path);
  try {
    checkedFiles.set(await contentKey(file), Promise.resolve());
  } finally {
    await file.close();
  }
}

async function writeParts(state: SavedState, identity: string, file: string): Promise<void> {
  const { memory: saved, media, serial, tpm, ...rest } = state;
  await rm(file, { force: true });
  const out = await open(file, 'wx', 0o600);
  try {
    const image = saved?.image ?? null;
    const described = image === null ? null : { size: image.size, map: image.map, crc: await copyImage(image, out) };
    let end = image?.size ?? 0;
    const append = await appender(file);
    const add = async (path: string, from: number, size: number): Promise<z.output<typeof part>> => {
      const offset = aligned(end);
      await out.truncate(offset);
      end = offset + size;
      return { offset, size, crc: await appendPart(path, { offset: from, size }, append) };
    };
    try {
      const stream = saved === null ? null : await add(saved.stream.path, 0, saved.stream.size);
      const layers: Description['layers'] = [];
      for (const [key, list] of media.layers) {
        const written: z.output<typeof part>[] = [];
        for (const layer of list) {
          written.push(await add(layer.path, layer.part?.offset ?? 0, aligned(await sizeOf(layer))));
        }
        layers.push([key, written]);
      }
      const { cdrom, ...removable } = media.removable;
      const content: Description = {
        ...rest,
        identity,
        memory: stream === null ? null : { image: described, stream, leftOut: saved?.leftOut === true },
        serial: serial.map((bytes) => Buffer.from(bytes).toString('base64')),
        removable: { ...removable, bootOrder: [...removable.bootOrder], ...(cdrom === undefined ? {} : { cdrom }) },
        layers,
        ...(tpm === null ? {} : { tpm: Buffer.from(tpm).toString('base64') }),
      };
      const json = Buffer.from(JSON.stringify(content));
      const trailer = Buffer.alloc(8);
      trailer.writeUInt32LE(json.length, 0);
      trailer.writeUInt32LE(crc32(json), 4);
      for (const piece of [json, trailer, MAGIC]) await append.writeFile(piece);
    } finally {
      await append.close();
    }
  } finally {
    await out.close();
  }
}

async function appender(file: string): Promise<FileHandle> {
  return await open(file, 'a');
}

async function sizeOf({ path, part: within }: Layer): Promise<number> {
  if (within !== undefined) return within.size;
  const file = await open(path);
  try {
    return (await file.stat()).size;
  } finally {
    await file.close();
  }
}

function aligned(offset: number): number {
  return Math.ceil(offset / ALIGNMENT) * ALIGNMENT;
}

export interface ImportedState {
  state: SavedState;
  /** Whether every part is as it was written: takes as long as reading the file. @throws GuestwrightError `usage/state-invalid` */
  checked: Promise<void>;
}

export interface StateFile {
  path: string;
  /** For messages. */
  name: string;
  /** Where QEMU's own state is copied to if it does not stand at the beginning, where QEMU can read it. */
  streamFile: string;
}

/**
 * Reads an exported state. Everything else stays in the file, which has to stay as it is.
 * @throws GuestwrightError `usage/state-invalid`, `usage/state-of-another-machine`
 */
export async function importState(
  { path, name, streamFile }: StateFile,
  machine: { identity: string; memoryBytes: number },
): Promise<ImportedState> {
  const file = await open(path);
  let checking = false;
  try {
    const { content, end } = await readDescription(file, name);
    if (content.identity !== machine.identity) throw stateOfAnotherMachine(name, content.identity, machine.identity);
    checkLayout(content, { end, memoryBytes: machine.memoryBytes, name });
    for (const layer of layerParts(content)) {
      const header = await bytesAt(file, { offset: layer.offset, size: QCOW2_HEADER_BYTES });
      if (header === null || !namesNoFile(header)) throw stateInvalid(name, 'a disk that is not all in the file');
    }
    const stream = content.memory?.stream ?? { offset: 0, size: 0 };
    if (stream.offset > 0) await copyPart(path, stream, streamFile);
    const state = stateOf(content, path, stream.offset > 0 ? streamFile : path);
    const key = await contentKey(file);
    const known = checkedFiles.get(key);
    if (known !== undefined) return { state, checked: known };
    checking = true;
    const checked = checkContent(file, content, name).finally(() => file.close());
    checkedFiles.set(key, checked);
    // Who does not wait for it has failed otherwise before.
    checked.catch(() => checkedFiles.delete(key));
    return { state, checked };
  } finally {
    if (!checking) await file.close();
  }
}

function layerParts({ layers }: Description): (Part & { crc: number })[] {
  return layers.flatMap(([, list]) => list);
}

function checkLayout(
  content: Description,
  { end, memoryBytes, name }: { end: number; memoryBytes: number; name: string },
): void {
  const apart = content.memory?.image ?? null;
  if (apart !== null && apart.size !== memoryBytes) throw stateInvalid(name, 'a memory of another size');
  const parts = [...(content.memory === null ? [] : [content.memory.stream]), ...layerParts(content)];
  if (parts.some(({ offset, size }) => offset + size > end)) throw stateInvalid(name, 'parts that do not fit');
}

/**
 * Files that this process has written or reads whole: from one state many machines are started, and to read it again and
 * again would take longer than all the rest.
 */
const checkedFiles = new Map<string, Promise<void>>();

/** Another whenever the file is written to. A link to it has the same. */
async function contentKey(file: FileHandle): Promise<string> {
  const { dev, ino, size, mtimeNs } = await file.stat({ bigint: true });
  return [dev, ino, size, mtimeNs].join(':');
}

async function readDescription(file: FileHandle, name: string): Promise<{ content: Description; end: number }> {
  const { size } = await file.stat();
  const trailer = await bytesAt(file, { offset: size - TRAILER, size: TRAILER });
  if (trailer?.subarray(8).equals(OLD_MAGIC) === true) throw stateInvalid(name, 'the format of an older Guestwright');
  if (trailer?.subarray(8).equals(MAGIC) !== true) {
    throw stateInvalid(name, 'another kind of file, or not all of it');
  }
  const length = trailer.readUInt32LE(0);
  const end = size - TRAILER - length;
  const json = length > MAX_JSON ? null : await bytesAt(file, { offset: end, size: length });
  if (json === null || crc32(json) !== trailer.readUInt32LE(4)) throw stateInvalid(name, 'a damaged description');
  const parsed = description.safeParse(parseJson(json.toString('utf8')));
  if (!parsed.success) throw stateInvalid(name, z.prettifyError(parsed.error));
  return { content: parsed.data, end };
}

async function checkContent(file: FileHandle, content: Description, name: string): Promise<void> {
  const apart = content.memory?.image ?? null;
  const bad = (): GuestwrightError => stateInvalid(name, 'a checksum that does not fit the content');
  if (apart !== null && (await crcOfImage(file, apart)) !== apart.crc) throw bad();
  const parts = [...(content.memory === null ? [] : [content.memory.stream]), ...layerParts(content)];
  for (const { crc, ...where } of parts) if ((await crcOfPart(file, where)) !== crc) throw bad();
}

function stateOf(content: Description, path: string, streamPath: string): SavedState {
  const { memory: saved, serial, removable, layers, ...rest } = content;
  return {
    time: rest.time,
    power: rest.power,
    input: rest.input,
    paging: rest.paging,
    buttons: rest.buttons,
    memory:
      saved === null
        ? null
        : {
            stream: { path: streamPath, size: saved.stream.size },
            leftOut: saved.leftOut,
            image: saved.image === null ? null : { path, size: saved.image.size, map: saved.image.map },
          },
    tpm: rest.tpm === undefined ? null : new Uint8Array(Buffer.from(rest.tpm, 'base64')),
    serial: serial.map((text) => new Uint8Array(Buffer.from(text, 'base64'))),
    media: {
      removable: { floppies: removable.floppies, cdrom: removable.cdrom, bootOrder: removable.bootOrder },
      layers: new Map(
        layers.map(([key, list]) => [key, list.map(({ offset, size }) => ({ path, part: { offset, size } }))] as const),
      ),
    },
  };
}

async function bytesAt(file: FileHandle, { offset, size }: Part): Promise<Buffer | null> {
  if (offset < 0) return null;
  const buffer = Buffer.alloc(size);
  const { bytesRead } = await file.read(buffer, 0, size, offset);
  return bytesRead === size ? buffer : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

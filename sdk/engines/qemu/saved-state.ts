/**
 * The state of a machine, saved: what QEMU says of itself in a file, the layers of its media, and what the driver knows.
 *
 * An exported state is one file: the 16 bytes `GUESTWRIGHT-QST1`, zeros up to byte 4096, then parts that begin at
 * multiples of 4096: first QEMU's own state (its migration stream) unless the machine was off, then the layers. At the end
 * stand JSON that describes it, its length and its CRC-32 (32 bits each, little-endian) and the 16 bytes again. QEMU reads
 * its state, and the layers that are only read, right from there. Untrusted input when read: everything is checked.
 */
import { copyFile, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { z } from 'zod';
import { BOOT_DEVICES, type Answers, type GuestTime } from '../engine.js';
import { stateInvalid, stateOfAnotherMachine } from '../state-errors.js';
import type { Layer } from './block-nodes.js';
import { appendPart, crcOfPart, type Part } from './file-parts.js';
import type { MouseButtons } from './input-events.js';
import type { InputState } from './input-watch.js';
import type { FrozenMedia } from './machine-media.js';
import { namesNoFile, QCOW2_HEADER_BYTES } from './qcow2.js';

const MAGIC = Buffer.from('GUESTWRIGHT-QST1', 'latin1');
/** Where QEMU's own state begins in its file. */
export const STATE_OFFSET = 4096;
const TRAILER = 8 + MAGIC.length;
/** Far more than a description takes: serial output is the most of it. */
const MAX_JSON = 256 << 20;

export interface SavedState {
  time: GuestTime;
  power: Answers['power'];
  /** QEMU's own state, from {@link STATE_OFFSET} in this file; null of a machine that was off. */
  memory: { path: string; size: number } | null;
  serial: Uint8Array[];
  input: InputState;
  paging: boolean;
  buttons: MouseButtons;
  media: FrozenMedia;
}

const count = z.int().nonnegative();
const part = z.strictObject({ offset: count.multipleOf(STATE_OFFSET), size: count, crc: count });
const description = z.strictObject({
  identity: z.string(),
  time: z.number().nonnegative(),
  power: z.strictObject({ state: z.enum(['running', 'off', 'halted', 'crashed']), detail: z.string().nullable() }),
  memory: part.extend({ offset: z.literal(STATE_OFFSET) }).nullable(),
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
});
type Description = z.output<typeof description>;

/** The first bytes of a file of QEMU's own state. */
export function stateHeader(): Uint8Array {
  const header = new Uint8Array(STATE_OFFSET);
  header.set(MAGIC);
  return header;
}

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
    checkedFiles.add(await contentKey(file));
  } finally {
    await file.close();
  }
}

async function writeParts(state: SavedState, identity: string, file: string): Promise<void> {
  const { memory, media, serial, ...rest } = state;
  await rm(file, { force: true });
  // The system's own copy is the quickest way for what is by far the most.
  if (memory !== null) await copyFile(memory.path, file);
  const out = await open(file, memory === null ? 'wx' : 'r+', 0o600);
  try {
    let end = STATE_OFFSET + (memory?.size ?? 0);
    await out.truncate(end);
    if (memory === null) await out.write(MAGIC, 0, MAGIC.length, 0);
    const layers: Description['layers'] = [];
    const append = await appender(file);
    try {
      for (const [key, list] of media.layers) {
        const written: z.output<typeof part>[] = [];
        for (const layer of list) {
          const offset = aligned(end);
          await out.truncate(offset);
          const size = aligned(await sizeOf(layer));
          written.push({
            offset,
            size,
            crc: await appendPart(layer.path, { offset: layer.part?.offset ?? 0, size }, append),
          });
          end = offset + size;
        }
        layers.push([key, written]);
      }
      const { cdrom, ...removable } = media.removable;
      const content: Description = {
        ...rest,
        identity,
        memory: memory === null ? null : await describeMemory(memory),
        serial: serial.map((bytes) => Buffer.from(bytes).toString('base64')),
        removable: { ...removable, bootOrder: [...removable.bootOrder], ...(cdrom === undefined ? {} : { cdrom }) },
        layers,
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

async function describeMemory({ path, size }: { path: string; size: number }): Promise<Description['memory']> {
  const where = { offset: STATE_OFFSET, size } as const;
  const file = await open(path);
  try {
    const crc = await crcOfPart(file, where);
    if (crc === null) throw new Error(`${path} is shorter than it was`);
    return { ...where, crc };
  } finally {
    await file.close();
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
  return Math.ceil(offset / STATE_OFFSET) * STATE_OFFSET;
}

export interface ImportedState {
  state: SavedState;
  /** Whether every part is as it was written: takes as long as reading the file. @throws GuestwrightError `usage/state-invalid` */
  checked: Promise<void>;
}

/**
 * Reads an exported state. The parts stay in the file, which has to stay as it is.
 * @param name for messages
 * @throws GuestwrightError `usage/state-invalid`, `usage/state-of-another-machine`
 */
export async function importState(path: string, name: string, identity: string): Promise<ImportedState> {
  const file = await open(path);
  let checking = false;
  try {
    const { content, end } = await readDescription(file, name);
    if (content.identity !== identity) throw stateOfAnotherMachine(name, content.identity, identity);
    const parts = [...(content.memory === null ? [] : [content.memory]), ...content.layers.flatMap(([, list]) => list)];
    if (parts.some(({ offset, size }) => offset + size > end)) throw stateInvalid(name, 'parts that do not fit');
    for (const layer of content.layers.flatMap(([, list]) => list)) {
      const header = await bytesAt(file, { offset: layer.offset, size: QCOW2_HEADER_BYTES });
      if (header === null || !namesNoFile(header)) throw stateInvalid(name, 'a disk that is not all in the file');
    }
    const key = await contentKey(file);
    if (checkedFiles.has(key)) return { state: stateOf(content, path), checked: Promise.resolve() };
    checking = true;
    const checked = checkParts(file, parts, name).then(() => void checkedFiles.add(key));
    // Who does not wait for it has failed otherwise before.
    checked.finally(() => file.close()).catch(() => undefined);
    return { state: stateOf(content, path), checked };
  } finally {
    if (!checking) await file.close();
  }
}

/**
 * Files that this process has written or read whole: from one state many machines are started, and to read it again and
 * again would take longer than all the rest.
 */
const checkedFiles = new Set<string>();

/** Another whenever the file is written to. A link to it has the same. */
async function contentKey(file: FileHandle): Promise<string> {
  const { dev, ino, size, mtimeNs } = await file.stat({ bigint: true });
  return [dev, ino, size, mtimeNs].join(':');
}

async function readDescription(file: FileHandle, name: string): Promise<{ content: Description; end: number }> {
  const { size } = await file.stat();
  const trailer = await bytesAt(file, { offset: size - TRAILER, size: TRAILER });
  const start = await bytesAt(file, { offset: 0, size: MAGIC.length });
  if (trailer === null || !trailer.subarray(8).equals(MAGIC) || start?.equals(MAGIC) !== true) {
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

async function checkParts(file: FileHandle, parts: readonly (Part & { crc: number })[], name: string): Promise<void> {
  for (const { crc, ...where } of parts) {
    if ((await crcOfPart(file, where)) !== crc) throw stateInvalid(name, 'a checksum that does not fit the content');
  }
}

function stateOf({ memory, serial, removable, layers, ...rest }: Description, path: string): SavedState {
  return {
    time: rest.time,
    power: rest.power,
    input: rest.input,
    paging: rest.paging,
    buttons: rest.buttons,
    memory: memory === null ? null : { path, size: memory.size },
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

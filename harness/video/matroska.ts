/**
 * Pictures with their times as one stream for ffmpeg: Matroska, the one of its formats that takes raw pictures at any times over
 * a pipe, so that a picture which is shown for long goes over once and no files are in between.
 * Sources: RFC 8794 (EBML), RFC 9559 (Matroska).
 */
import { TICK_MS } from './plan.js';

const ID = {
  ebml: 0x1a45dfa3,
  docType: 0x4282,
  docTypeVersion: 0x4287,
  docTypeReadVersion: 0x4285,
  segment: 0x18538067,
  info: 0x1549a966,
  timestampScale: 0x2ad7b1,
  tracks: 0x1654ae6b,
  trackEntry: 0xae,
  trackNumber: 0xd7,
  trackUid: 0x73c5,
  trackType: 0x83,
  codecId: 0x86,
  defaultDuration: 0x23e383,
  video: 0xe0,
  pixelWidth: 0xb0,
  pixelHeight: 0xba,
  uncompressedFourCc: 0x2eb524,
  cluster: 0x1f43b675,
  timestamp: 0xe7,
  simpleBlock: 0xa3,
} as const;

/** Of a size that is not known when an element begins. */
const UNKNOWN_SIZE = Buffer.from('01ffffffffffffff', 'hex');
const MS_IN_NS = 1_000_000;
/** Track 1, at the time of its cluster, a picture that needs no other. */
const BLOCK_HEADER = Buffer.from([0x81, 0, 0, 0x80]);

/** What comes before the pictures. @param size of all of them, pixels */
export function streamHeader({ width, height }: { width: number; height: number }): Buffer {
  const video = element(
    ID.video,
    number(ID.pixelWidth, width),
    number(ID.pixelHeight, height),
    text(ID.uncompressedFourCc, 'RGBA'),
  );
  return Buffer.concat([
    element(ID.ebml, text(ID.docType, 'matroska'), number(ID.docTypeVersion, 4), number(ID.docTypeReadVersion, 2)),
    idBytes(ID.segment),
    UNKNOWN_SIZE,
    element(ID.info, number(ID.timestampScale, MS_IN_NS)),
    element(
      ID.tracks,
      element(
        ID.trackEntry,
        number(ID.trackNumber, 1),
        number(ID.trackUid, 1),
        number(ID.trackType, 1),
        text(ID.codecId, 'V_UNCOMPRESSED'),
        number(ID.defaultDuration, TICK_MS * MS_IN_NS),
        video,
      ),
    ),
  ]);
}

/** What comes before the RGBA of one picture. @param at ms of the video. @param length bytes of the picture */
export function pictureHeader(at: number, length: number): Buffer {
  const timestamp = number(ID.timestamp, at);
  const block = Buffer.concat([idBytes(ID.simpleBlock), sizeBytes(BLOCK_HEADER.length + length), BLOCK_HEADER]);
  return Buffer.concat([idBytes(ID.cluster), sizeBytes(timestamp.length + block.length + length), timestamp, block]);
}

function element(id: number, ...content: Buffer[]): Buffer {
  const body = Buffer.concat(content);
  return Buffer.concat([idBytes(id), sizeBytes(body.length), body]);
}

function number(id: number, value: number): Buffer {
  const body = Buffer.alloc(6);
  body.writeUIntBE(value, 0, 6);
  return element(id, body);
}

function text(id: number, value: string): Buffer {
  return element(id, Buffer.from(value, 'latin1'));
}

/** An id holds its own length. */
function idBytes(id: number): Buffer {
  return Buffer.from(id.toString(16), 'hex');
}

/** In eight bytes, whatever it is: the first of them says so. */
function sizeBytes(size: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE((1n << 56n) | BigInt(size));
  return bytes;
}

/**
 * Writes a small CD image: ISO 9660 (ECMA-119) with one folder, bootable by El Torito without emulation. Times and
 * identifiers are fixed, so equal files give equal bytes. It is for the media of the recipes, which hold a handful
 * of files; more than fit into one sector of directory are refused.
 */

export interface IsoFile {
  /** Up to 8 letters, digits or `_`, and an extension of up to 3: `ISOLINUX.CFG`. Guests see it in lower case. */
  name: string;
  data: Uint8Array;
}

export interface IsoOptions {
  /** Up to 32 of A-Z, 0-9 and `_`. */
  volume: string;
  files: readonly IsoFile[];
  /** The file that the BIOS loads. It gets ISOLINUX's boot information table at offset 8. */
  boot: string;
}

const SECTOR = 2048;
/** The first 16 sectors are left to the system. */
const DESCRIPTOR = 16;
const BOOT_RECORD = 17;
const TERMINATOR = 18;
const PATH_TABLE_LE = 19;
const PATH_TABLE_BE = 20;
const DIRECTORY = 21;
const CATALOGUE = 22;
const FIRST_FILE = 23;

/** How much of the boot file the BIOS loads, in sectors of 512 bytes: it loads the rest itself. */
const BOOT_LOAD_SECTORS = 4;

export function writeIso({ volume, files, boot }: IsoOptions): Uint8Array {
  if (!/^[A-Z0-9_]{1,32}$/.test(volume)) throw new RangeError(`${volume} cannot be the name of a volume`);
  for (const { name } of files) {
    if (!/^[A-Z0-9_]{1,8}(\.[A-Z0-9_]{1,3})?$/.test(name)) throw new RangeError(`${name} cannot be the name of a file`);
  }
  const placed = place(files);
  const bootFile = placed.find(({ name }) => name === boot);
  if (bootFile === undefined) throw new RangeError(`No file ${boot} to boot from`);
  const sectors = Math.max(FIRST_FILE, ...placed.map(({ sector, data }) => sector + sectorsOf(data)));
  const image = new Uint8Array(sectors * SECTOR);
  image.set(primaryDescriptor(volume, sectors), DESCRIPTOR * SECTOR);
  image.set(bootRecord(), BOOT_RECORD * SECTOR);
  image.set([255, ...ascii('CD001'), 1], TERMINATOR * SECTOR);
  image.set(pathTable(true), PATH_TABLE_LE * SECTOR);
  image.set(pathTable(false), PATH_TABLE_BE * SECTOR);
  image.set(directory(placed), DIRECTORY * SECTOR);
  image.set(catalogue(bootFile.sector), CATALOGUE * SECTOR);
  for (const { data, sector } of placed) image.set(data, sector * SECTOR);
  image.set(bootInformation(bootFile), bootFile.sector * SECTOR + 8);
  return image;
}

interface PlacedFile extends IsoFile {
  sector: number;
}

function place(files: readonly IsoFile[]): PlacedFile[] {
  let sector = FIRST_FILE;
  return files
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map((file) => {
      const placed = { ...file, sector };
      sector += sectorsOf(file.data);
      return placed;
    });
}

function sectorsOf(data: Uint8Array): number {
  return Math.ceil(data.length / SECTOR);
}

const ascii = (text: string) => [...new TextEncoder().encode(text)];
const padded = (text: string, length: number) => ascii(text.padEnd(length));
const le16 = (value: number) => [value & 255, value >>> 8];
const le32 = (value: number) => [...le16(value & 0xffff), ...le16(value >>> 16)];
/** Numbers are written twice, least and most significant byte first. */
const both16 = (value: number) => [...le16(value), ...le16(value).reverse()];
const both32 = (value: number) => [...le32(value), ...le32(value).reverse()];
const zeroes = (length: number) => new Array<number>(length).fill(0);

/** Every time is the first second of 2020, UTC. */
const RECORD_TIME = [120, 1, 1, 0, 0, 0, 0];
const VOLUME_TIME = [...ascii('2020010100000000'), 0];
const NO_TIME = [...ascii('0000000000000000'), 0];

function primaryDescriptor(volume: string, sectors: number): Uint8Array {
  return Uint8Array.from([
    ...[1, ...ascii('CD001'), 1, 0],
    ...padded('', 32), // system
    ...padded(volume, 32),
    ...zeroes(8),
    ...both32(sectors),
    ...zeroes(32),
    ...both16(1), // volumes in the set
    ...both16(1), // this one's number
    ...both16(SECTOR),
    ...both32(10), // bytes of the path table
    ...le32(PATH_TABLE_LE),
    ...le32(0),
    ...le32(PATH_TABLE_BE).reverse(),
    ...le32(0),
    ...record([0], DIRECTORY, SECTOR, true),
    ...padded('', 128), // volume set
    ...padded('', 128), // publisher
    ...padded('', 128), // preparer
    ...padded('GUESTWRIGHT', 128), // application
    ...padded('', 37 * 3), // files with copyright, abstract, bibliography
    ...[...VOLUME_TIME, ...VOLUME_TIME, ...NO_TIME, ...NO_TIME],
    1, // version of the structure
  ]);
}

function bootRecord(): Uint8Array {
  return Uint8Array.from([
    ...[0, ...ascii('CD001'), 1],
    ...ascii('EL TORITO SPECIFICATION'.padEnd(32, '\0')),
    ...zeroes(32),
    ...le32(CATALOGUE),
  ]);
}

function pathTable(littleEndian: boolean): Uint8Array {
  const ordered = (bytes: number[]) => (littleEndian ? bytes : bytes.reverse());
  return Uint8Array.from([1, 0, ...ordered(le32(DIRECTORY)), ...ordered(le16(1)), 0, 0]);
}

function directory(files: readonly PlacedFile[]): Uint8Array {
  const records = [
    record([0], DIRECTORY, SECTOR, true),
    record([1], DIRECTORY, SECTOR, true),
    ...files.map(({ name, sector, data }) =>
      record(ascii(`${name.includes('.') ? name : `${name}.`};1`), sector, data.length, false),
    ),
  ].flat();
  if (records.length > SECTOR) throw new RangeError('Too many files for one sector of directory');
  return Uint8Array.from(records);
}

function record(name: number[], sector: number, length: number, isDirectory: boolean): number[] {
  const padding = name.length % 2 === 0 ? [0] : [];
  const fields = [
    0, // extended attributes
    ...both32(sector),
    ...both32(length),
    ...RECORD_TIME,
    ...[isDirectory ? 2 : 0, 0, 0],
    ...both16(1),
    name.length,
    ...name,
    ...padding,
  ];
  return [fields.length + 1, ...fields];
}

/** What the BIOS reads to find the boot file: one validated entry, bootable, no emulation. */
function catalogue(sector: number): Uint8Array {
  const validation = [1, 0, 0, 0, ...zeroes(24), 0, 0, 0x55, 0xaa];
  // All 16-bit words of this entry add up to nothing.
  let sum = 0;
  for (let at = 0; at < 32; at += 2) sum += (validation[at] ?? 0) | ((validation[at + 1] ?? 0) << 8);
  validation.splice(28, 2, ...le16(-sum & 0xffff));
  return Uint8Array.from([...validation, 0x88, 0, 0, 0, 0, 0, ...le16(BOOT_LOAD_SECTORS), ...le32(sector)]);
}

/** Tells ISOLINUX where it is: sector of the descriptor, its own sector and length, and a checksum from byte 64 on. */
function bootInformation({ data, sector }: PlacedFile): Uint8Array {
  const whole = new Uint8Array(Math.ceil(data.length / 4) * 4);
  whole.set(data);
  const view = new DataView(whole.buffer);
  let sum = 0;
  for (let at = 64; at < whole.length; at += 4) sum = (sum + view.getUint32(at, true)) >>> 0;
  return Uint8Array.from([...le32(DESCRIPTOR), ...le32(sector), ...le32(data.length), ...le32(sum), ...zeroes(40)]);
}

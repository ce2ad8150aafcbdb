/**
 * Repacks a Linux bzImage so that it starts without unpacking itself. An emulated CPU spends more instructions on the
 * xz stream in Debian's kernel than on everything else until the prompt; here the host unpacks it once, and what
 * the guest runs in its place is a copy. The kernel proper is Debian's, byte for byte.
 *
 * Offsets are those of the kernel's Documentation/x86/boot.rst ("The Linux/x86 Boot Protocol").
 */

const OFFSET = {
  setupSectors: 0x1f1,
  systemSize: 0x1f4,
  magic: 0x202,
  protocol: 0x206,
  relocatable: 0x234,
  payloadOffset: 0x248,
  payloadLength: 0x24c,
  preferredAddress: 0x258,
  initSize: 0x260,
} as const;

/** Where boot loaders put the protected-mode part of a kernel that is not relocatable. */
const LOAD_ADDRESS = 0x100000;
/** The first page of the protected-mode part holds the code that copies the rest. */
const STUB_SIZE = 0x1000;
const PAGE = 0x1000;

/**
 * The packed kernel proper inside of a bzImage (of either word size): an ELF file, as a rule an xz stream.
 *
 * @throws RangeError if `image` is no such file
 */
export function kernelPayload(image: Uint8Array): Uint8Array {
  const view = viewOf(image);
  if (image.length < OFFSET.initSize + 4) throw new RangeError(`The kernel's file ends after ${image.length} bytes`);
  if (view.getUint32(OFFSET.magic, true) !== 0x53726448 || view.getUint16(OFFSET.protocol, true) < 0x20a) {
    throw new RangeError('This is no bzImage of boot protocol 2.10 or newer');
  }
  const start = setupSizeOf(view) + view.getUint32(OFFSET.payloadOffset, true);
  // The kernel's own wrapper appends the unpacked size, 4 bytes, to the xz stream.
  return image.subarray(start, start + view.getUint32(OFFSET.payloadLength, true) - 4);
}

function setupSizeOf(header: DataView): number {
  return ((header.getUint8(OFFSET.setupSectors) || 4) + 1) * 512;
}

/**
 * @param image a 32-bit bzImage whose payload is an xz stream
 * @param unxz unpacks an xz stream
 * @returns a bzImage that any boot loader can start
 */
export async function unpackKernel(
  image: Uint8Array,
  unxz: (data: Uint8Array) => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const program = readProgram(await unxz(kernelPayload(image)));
  const setupSize = setupSizeOf(viewOf(image));

  const body = new Uint8Array(STUB_SIZE + program.bytes.length);
  body.set(copyAndJump(program));
  body.set(program.bytes, STUB_SIZE);
  const result = new Uint8Array(setupSize + body.length);
  result.set(image.subarray(0, setupSize));
  result.set(body, setupSize);
  const header = viewOf(result);
  header.setUint32(OFFSET.systemSize, body.length / 16, true);
  header.setUint8(OFFSET.relocatable, 0);
  header.setUint32(OFFSET.payloadOffset, 0, true);
  header.setUint32(OFFSET.payloadLength, 0, true);
  header.setBigUint64(OFFSET.preferredAddress, BigInt(LOAD_ADDRESS), true);
  header.setUint32(OFFSET.initSize, program.address + program.memorySize - LOAD_ADDRESS, true);
  return result;
}

interface Program {
  /** Physical address at which it wants to be. */
  address: number;
  /** Physical address of its first instruction. */
  entry: number;
  /** What is loaded; a whole number of pages. */
  bytes: Uint8Array;
  /** What it needs from `address` on, with its zeroed memory. */
  memorySize: number;
}

/** Lays an ELF executable out as it lies in physical memory. */
function readProgram(elf: Uint8Array): Program {
  const view = viewOf(elf);
  const is32BitX86 = view.getUint32(0) === 0x7f454c46 && view.getUint8(4) === 1 && view.getUint16(18, true) === 3;
  if (!is32BitX86) throw new RangeError('The kernel inside is no 32-bit x86 ELF file');
  const table = view.getUint32(28, true);
  const entrySize = view.getUint16(42, true);
  const segments = Array.from({ length: view.getUint16(44, true) }, (_, index) => {
    const at = table + index * entrySize;
    return {
      loads: view.getUint32(at, true) === 1,
      offset: view.getUint32(at + 4, true),
      address: view.getUint32(at + 12, true),
      fileSize: view.getUint32(at + 16, true),
      memorySize: view.getUint32(at + 20, true),
    };
  }).filter(({ loads }) => loads);
  const address = Math.min(...segments.map((segment) => segment.address));
  const fileEnd = Math.max(...segments.map((segment) => segment.address + segment.fileSize));
  const memoryEnd = Math.max(...segments.map((segment) => segment.address + segment.memorySize));
  const bytes = new Uint8Array(Math.ceil((fileEnd - address) / PAGE) * PAGE);
  for (const segment of segments) {
    bytes.set(elf.subarray(segment.offset, segment.offset + segment.fileSize), segment.address - address);
  }
  return { address, entry: view.getUint32(24, true), bytes, memorySize: memoryEnd - address };
}

/**
 * 32-bit code at the start of the protected-mode part: copies the program to its address and starts it with ESI (the
 * boot parameters) as it was.
 */
function copyAndJump({ address, entry, bytes }: Program): Uint8Array {
  const le = (value: number) => [value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24];
  const source = LOAD_ADDRESS + STUB_SIZE;
  if (source + bytes.length > address)
    throw new RangeError('The kernel is too big to be copied from where it is loaded');
  return Uint8Array.from([
    ...[0xfa, 0xfc], // cli; cld
    ...[0x89, 0xf3], // mov ebx, esi
    ...[0xbe, ...le(source)], // mov esi, source
    ...[0xbf, ...le(address)], // mov edi, address
    ...[0xb9, ...le(bytes.length / 4)], // mov ecx, words
    ...[0xf3, 0xa5], // rep movsd
    ...[0x89, 0xde], // mov esi, ebx
    ...[0xb8, ...le(entry)], // mov eax, entry
    ...[0xff, 0xe0], // jmp eax
  ]);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

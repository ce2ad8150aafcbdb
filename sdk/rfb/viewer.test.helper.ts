/**
 * A viewer for tests, written from the specification and with nothing of the server's code, so that the two check each
 * other: it keeps the picture that it was sent, as red, green and blue of 8 bits.
 */
import type { Duplex } from 'node:stream';
import { constants, createInflate, type Inflate } from 'node:zlib';

export interface TestFormat {
  bits: 8 | 16 | 32;
  depth: number;
  bigEndian: boolean;
  trueColour: boolean;
  max: [number, number, number];
  shift: [number, number, number];
}

export const FORMATS: Record<string, TestFormat> = {
  '32 bits': { bits: 32, depth: 24, bigEndian: false, trueColour: true, max: [255, 255, 255], shift: [16, 8, 0] },
  '32 bits, red last': {
    bits: 32,
    depth: 24,
    bigEndian: false,
    trueColour: true,
    max: [255, 255, 255],
    shift: [8, 16, 24],
  },
  '32 bits, the other way round': {
    bits: 32,
    depth: 24,
    bigEndian: true,
    trueColour: true,
    max: [255, 255, 255],
    shift: [16, 8, 0],
  },
  '32 bits, all of them': {
    bits: 32,
    depth: 32,
    bigEndian: true,
    trueColour: true,
    max: [255, 255, 255],
    shift: [24, 16, 8],
  },
  '16 bits': { bits: 16, depth: 16, bigEndian: false, trueColour: true, max: [31, 63, 31], shift: [11, 5, 0] },
  '16 bits, the other way round': {
    bits: 16,
    depth: 16,
    bigEndian: true,
    trueColour: true,
    max: [31, 63, 31],
    shift: [11, 5, 0],
  },
  '8 bits': { bits: 8, depth: 8, bigEndian: false, trueColour: true, max: [7, 7, 3], shift: [0, 3, 6] },
  'a colour map': { bits: 8, depth: 8, bigEndian: false, trueColour: false, max: [0, 0, 0], shift: [0, 0, 0] },
};

export interface Update {
  /** Encodings of its rectangles. */
  encodings: number[];
  /** Pixels that its rectangles have. */
  pixels: number;
}

export class TestViewer {
  readonly stream: Duplex;
  width = 0;
  height = 0;
  name = '';
  /** 3 bytes a pixel. */
  rgb: Buffer = Buffer.alloc(0);
  readonly fences: { flags: number; payload: Buffer }[] = [];
  /** Whether the server has said that it takes keys by their places. */
  takesScans = false;
  sizes: { reason: number; status: number; width: number; height: number }[] = [];
  #format: TestFormat = FORMATS['32 bits'] as TestFormat;
  #map: Buffer = Buffer.alloc(0);
  #inflate: Inflate | null = null;
  #come = { pieces: [] as Buffer[], length: 0 };

  constructor(stream: Duplex) {
    this.stream = stream;
    stream.on('error', () => undefined);
    stream.on('data', (piece: Buffer) => {
      this.#come.pieces.push(piece);
      this.#come.length += piece.length;
    });
    stream.pause();
  }

  /** The connection has ended on the other side. */
  get hasEnded(): boolean {
    return this.stream.readableEnded || this.stream.destroyed;
  }

  async read(bytes: number): Promise<Buffer> {
    while (this.#come.length < bytes) {
      if (this.hasEnded) throw new Error(`the server ended within ${bytes} bytes`);
      // It takes what it wants to see, and no more.
      this.stream.resume();
      await somethingOf(this.stream);
      this.stream.pause();
    }
    const whole = Buffer.concat(this.#come.pieces);
    const rest = whole.subarray(bytes);
    this.#come = { pieces: rest.length === 0 ? [] : [rest], length: rest.length };
    return whole.subarray(0, bytes);
  }

  write(...bytes: (number | Buffer)[]): void {
    this.stream.write(Buffer.concat(bytes.map((one) => (typeof one === 'number' ? Buffer.of(one) : one))));
  }

  /** @returns the security that was chosen: 1 none, 2 password */
  async begin(version: string, answer: (challenge: Buffer) => Buffer = () => Buffer.alloc(16)): Promise<number> {
    const own = (await this.read(12)).toString();
    if (own !== 'RFB 003.008\n') throw new Error(own);
    this.write(Buffer.from(version));
    const isOld = version < 'RFB 003.007\n' || version === 'RFB 003.005\n';
    let type: number;
    if (isOld) type = (await this.read(4)).readUInt32BE();
    else {
      const [count = 0] = await this.read(1);
      type = (await this.read(count))[0] ?? 0;
      this.write(type);
    }
    if (type === 2) this.write(answer(await this.read(16)));
    if (type === 2 || version >= 'RFB 003.008\n') {
      const result = (await this.read(4)).readUInt32BE();
      if (result !== 0) {
        const why = version >= 'RFB 003.008\n' ? await this.read((await this.read(4)).readUInt32BE()) : '';
        throw new Error(`refused: ${why.toString()}`);
      }
    }
    this.write(1);
    const head = await this.read(24);
    [this.width, this.height] = [head.readUInt16BE(0), head.readUInt16BE(2)];
    this.rgb = Buffer.alloc(3 * this.width * this.height);
    this.name = (await this.read(head.readUInt32BE(20))).toString();
    return type;
  }

  setFormat(format: TestFormat): void {
    this.#format = format;
    const bytes = Buffer.alloc(20);
    bytes.set([0, 0, 0, 0, format.bits, format.depth, Number(format.bigEndian), Number(format.trueColour)]);
    format.max.forEach((value, i) => bytes.writeUInt16BE(value, 8 + 2 * i));
    bytes.set(format.shift, 14);
    this.write(bytes);
  }

  setEncodings(...encodings: number[]): void {
    const bytes = Buffer.alloc(4 + 4 * encodings.length);
    bytes[0] = 2;
    bytes.writeUInt16BE(encodings.length, 2);
    encodings.forEach((one, i) => bytes.writeInt32BE(one, 4 + 4 * i));
    this.write(bytes);
  }

  request(incremental: boolean, part = { x: 0, y: 0, width: this.width, height: this.height }): void {
    const bytes = Buffer.alloc(10);
    bytes.set([3, Number(incremental)]);
    [part.x, part.y, part.width, part.height].forEach((value, i) => bytes.writeUInt16BE(value, 2 + 2 * i));
    this.write(bytes);
  }

  key(keysym: number, down: boolean): void {
    const bytes = Buffer.alloc(8);
    bytes.set([4, Number(down)]);
    bytes.writeUInt32BE(keysym, 4);
    this.write(bytes);
  }

  scan(scan: number, keysym: number, down: boolean): void {
    const bytes = Buffer.alloc(12);
    bytes.set([255, 0, 0, Number(down)]);
    bytes.writeUInt32BE(keysym, 4);
    bytes.writeUInt32BE(scan, 8);
    this.write(bytes);
  }

  pointer(x: number, y: number, buttons: number): void {
    const bytes = Buffer.alloc(6);
    bytes.set([5, buttons]);
    bytes.writeUInt16BE(x, 2);
    bytes.writeUInt16BE(y, 4);
    this.write(bytes);
  }

  fence(flags: number, payload: Buffer): void {
    const bytes = Buffer.alloc(9);
    bytes[0] = 248;
    bytes.writeUInt32BE(flags, 4);
    bytes[8] = payload.length;
    this.write(bytes, payload);
  }

  /** Takes what comes up to the end of the next update. */
  async update(): Promise<Update> {
    for (;;) {
      const [type = 0] = await this.read(1);
      if (type === 0) return await this.#update();
      if (type === 1) {
        const head = await this.read(5);
        this.#map = await this.read(6 * head.readUInt16BE(3));
      } else if (type === 248) {
        const head = await this.read(8);
        this.fences.push({ flags: head.readUInt32BE(3), payload: await this.read(head[7] ?? 0) });
      } else throw new Error(`a message of the type ${type}`);
    }
  }

  /** Asks and takes until the picture is as it is to be. */
  async until(is: () => boolean): Promise<void> {
    while (!is()) {
      this.request(true);
      await this.update();
    }
  }

  async #update(): Promise<Update> {
    const count = (await this.read(3)).readUInt16BE(1);
    const update: Update = { encodings: [], pixels: 0 };
    for (let i = 0; i < count; i++) {
      const head = await this.read(12);
      const [x = 0, y = 0, width = 0, height = 0] = [0, 2, 4, 6].map((at) => head.readUInt16BE(at));
      const encoding = head.readInt32BE(8);
      update.encodings.push(encoding);
      if (encoding === 0 || encoding === 16) {
        if (x + width > this.width || y + height > this.height) throw new Error('a rectangle outside of the screen');
        update.pixels += width * height;
      }
      if (encoding === 0) await this.#raw(x, y, width, height);
      else if (encoding === 16) await this.#zrle(x, y, width, height);
      else if (encoding === 1) await this.#copy(x, y, width, height);
      else if (encoding === -223) this.#resize(width, height);
      else if (encoding === -308) {
        const screens = (await this.read(4))[0] ?? 0;
        await this.read(16 * screens);
        this.sizes.push({ reason: x, status: y, width, height });
        if (y === 0) this.#resize(width, height);
      } else if (encoding === -258) this.takesScans = true;
      else throw new Error(`the encoding ${encoding}`);
    }
    return update;
  }

  #resize(width: number, height: number): void {
    if (width === this.width && height === this.height) return;
    [this.width, this.height] = [width, height];
    this.rgb = Buffer.alloc(3 * width * height);
  }

  async #raw(x: number, y: number, width: number, height: number): Promise<void> {
    const size = this.#format.bits / 8;
    const bytes = await this.read(width * height * size);
    for (let i = 0; i < width * height; i++) {
      this.#put(x + (i % width), y + Math.floor(i / width), this.#pixel(bytes, i * size));
    }
  }

  async #copy(x: number, y: number, width: number, height: number): Promise<void> {
    const place = await this.read(4);
    const [fromX, fromY] = [place.readUInt16BE(0), place.readUInt16BE(2)];
    if (Math.max(x, fromX) + width > this.width || Math.max(y, fromY) + height > this.height) {
      throw new Error('a copy from or to outside of the screen');
    }
    const before = Buffer.from(this.rgb);
    for (let row = 0; row < height; row++) {
      const from = 3 * ((fromY + row) * this.width + fromX);
      this.rgb.set(before.subarray(from, from + 3 * width), 3 * ((y + row) * this.width + x));
    }
  }

  async #zrle(left: number, top: number, width: number, height: number): Promise<void> {
    const packed = await this.read((await this.read(4)).readUInt32BE());
    const bytes = await this.#unpack(packed);
    const { bits, depth, max, shift, bigEndian } = this.#format;
    const [low, high] = [
      max.every((value, i) => value * 2 ** (shift[i] ?? 0) < 2 ** 24),
      shift.every((value) => value >= 8),
    ];
    const isCompact = bits === 32 && depth <= 24 && (low || high);
    const size = isCompact ? 3 : bits / 8;
    let at = 0;
    const colour = (): number[] => {
      const piece = bytes.subarray(at, at + size);
      at += size;
      if (!isCompact) return this.#pixel(piece, 0);
      const pad = Buffer.of(0);
      return this.#pixel(Buffer.concat(low === bigEndian ? [pad, piece] : [piece, pad]), 0);
    };
    const run = (): number => {
      let length = 1;
      for (;;) {
        const byte = bytes[at++] ?? 0;
        length += byte;
        if (byte !== 255) return length;
      }
    };
    for (let y = top; y < top + height; y += 64) {
      for (let x = left; x < left + width; x += 64) {
        const [w, h] = [Math.min(64, left + width - x), Math.min(64, top + height - y)];
        const kind = bytes[at++] ?? 0;
        let done = 0;
        const put = (rgb: number[], count = 1): void => {
          if (done + count > w * h) throw new Error('a run beyond its tile');
          for (let i = 0; i < count; i++, done++) this.#put(x + (done % w), y + Math.floor(done / w), rgb);
        };
        if (kind === 0) while (done < w * h) put(colour());
        else if (kind === 1) put(colour(), w * h);
        else if (kind >= 2 && kind <= 16) {
          const palette = Array.from({ length: kind }, colour);
          const bitsOf = kind === 2 ? 1 : kind <= 4 ? 2 : 4;
          for (let row = 0; row < h; row++) {
            for (let column = 0; column < w; column++) {
              const bit = column * bitsOf;
              const index = ((bytes[at + (bit >> 3)] ?? 0) >> (8 - bitsOf - (bit & 7))) & ((1 << bitsOf) - 1);
              put(palette[index] ?? []);
            }
            at += Math.ceil((w * bitsOf) / 8);
          }
        } else if (kind === 128) {
          while (done < w * h) {
            const rgb = colour();
            put(rgb, run());
          }
        } else if (kind >= 130) {
          const palette = Array.from({ length: kind - 128 }, colour);
          while (done < w * h) {
            const index = bytes[at++] ?? 0;
            put(palette[index & 127] ?? [], index >= 128 ? run() : 1);
          }
        } else throw new Error(`a tile of the kind ${kind}`);
      }
    }
    if (at !== bytes.length) throw new Error(`${bytes.length - at} bytes too many`);
  }

  async #unpack(packed: Buffer): Promise<Buffer> {
    const inflate = (this.#inflate ??= createInflate());
    const out: Buffer[] = [];
    const take = (chunk: Buffer): void => void out.push(chunk);
    inflate.on('data', take);
    await new Promise<void>((resolve, reject) => {
      inflate.once('error', reject);
      inflate.write(packed, () => inflate.flush(constants.Z_SYNC_FLUSH, () => resolve()));
    });
    inflate.removeAllListeners('error').off('data', take);
    return Buffer.concat(out);
  }

  #pixel(bytes: Buffer, at: number): number[] {
    const { bits, bigEndian, trueColour, max, shift } = this.#format;
    const size = bits / 8;
    const value = bigEndian ? bytes.readUIntBE(at, size) : bytes.readUIntLE(at, size);
    if (!trueColour) return [0, 1, 2].map((i) => this.#map.readUInt16BE(6 * value + 2 * i) >> 8);
    return max.map((top, i) => Math.round((Math.floor(value / 2 ** (shift[i] ?? 0)) % (top + 1)) * (255 / top)));
  }

  #put(x: number, y: number, rgb: number[]): void {
    this.rgb.set(rgb, 3 * (y * this.width + x));
  }
}

/** Until there is more to read, or there will be nothing more. */
async function somethingOf(stream: Duplex): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = (): void => {
      for (const event of ['data', 'end', 'close']) stream.off(event, done);
      resolve();
    };
    for (const event of ['data', 'end', 'close']) stream.once(event, done);
  });
}

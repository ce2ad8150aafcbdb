/**
 * Files by commands of the shell alone, for guests without `stty`, and for shells on a screen: slow, but it asks for
 * little. In it goes as text that `base64 -d` or `printf` turns back into bytes, out of it as `base64` or `od` writes it.
 */
import type { ShellResult } from '../machine/types.js';
import {
  checkedFile,
  refusalIn,
  sizeOf,
  type FileChannel,
  type GetOutcome,
  type GetRequest,
  type GuestRefusal,
  type PutOutcome,
  type PutRequest,
} from './channel.js';
import { BEGIN_GET, BEGIN_PUT, finishPut, prologue, takeDigest } from './guest-scripts.js';

/** Bytes that one command brings into the guest. */
const PUT_PIECE = 1536;

/** Bytes that one command prints: what can be read from a screen at once, as hexadecimal, is 64 KB. */
const GET_PIECE = 12 * 1024;

/** Bytes whose digest a guest makes within one guest ms at the least. */
const DIGEST_SPEED = 1000;

export class CommandFileChannel implements FileChannel {
  readonly #run: (command: string, timeout: number) => Promise<ShellResult>;
  /** Guest ms that a command may take. */
  readonly #patience: number;

  constructor(run: (command: string, timeout: number) => Promise<ShellResult>, patience: number) {
    this.#run = run;
    this.#patience = patience;
  }

  async put({ path, bytes, mode, onProgress }: PutRequest): Promise<PutOutcome> {
    const begun = await this.#ask(`${prologue(path)}\n${BEGIN_PUT}\nsay done`);
    if (begun.word !== 'done') return refusalOf(begun);
    const part = `${prologue(path)}\nt=$p.gw-part\n`;
    const outcome = await this.#pieces(part, bytes, onProgress);
    if (outcome === null) {
      const finished = await this.#ask(part + finishPut(bytes, mode), bytes.length);
      if (finished.word === 'done') return { kind: 'done' };
      await this.#ask(`${part}rm -f "$t"; say done`);
      return refusalOf(finished);
    }
    await this.#ask(`${part}rm -f "$t"; say done`);
    return outcome;
  }

  async #pieces(part: string, bytes: Uint8Array, onProgress: PutRequest['onProgress']): Promise<GuestRefusal | null> {
    const base64 = await this.#hasBase64();
    for (let at = 0; at < bytes.length; at += PUT_PIECE) {
      onProgress(at);
      const piece = bytes.subarray(at, at + PUT_PIECE);
      const written = base64
        ? `printf %s '${Buffer.from(piece).toString('base64')}' | base64 -d`
        : `printf %b '${octal(piece)}'`;
      const said = await this.#ask(`${part}e=$( (${written} >> "$t") 2>&1 ) || fail unwritten; say done`);
      if (said.word !== 'done') return refusalOf(said);
    }
    onProgress(bytes.length);
    return null;
  }

  async get({ path, onProgress }: GetRequest): Promise<GetOutcome> {
    const begun = await this.#ask(
      `${prologue(path)}\n${BEGIN_GET}\nn=$(wc -c < "$p") || fail unreadable\nsay size $((n))`,
    );
    if (begun.word !== 'size') return refusalOf(begun);
    const size = sizeOf(begun.rest);
    if (typeof size !== 'number') return size;
    const base64 = await this.#hasBase64();
    const bytes = new Uint8Array(size);
    for (let block = 0; block * GET_PIECE < size; block++) {
      const at = block * GET_PIECE;
      const wanted = Math.min(GET_PIECE, size - at);
      const { stdout } = await this.#run(
        `${prologue(path)}\ndd if="$p" bs=${GET_PIECE} skip=${block} count=1 2>/dev/null | ${base64 ? 'base64' : 'od -An -v -tx1'}`,
        this.#patience,
      );
      const piece = Buffer.from(stdout.replace(/\s+/g, ''), base64 ? 'base64' : 'hex');
      if (piece.length !== wanted)
        return { kind: 'differs', words: `from byte ${at} on ${piece.length} bytes, not ${wanted}` };
      bytes.set(piece, at);
      onProgress(at + wanted, size);
    }
    const digest = await this.#ask(`${prologue(path)}\n${takeDigest('$p')}; say digest $h \${x%% *}`, size);
    return checkedFile(bytes, digest.rest);
  }

  async #hasBase64(): Promise<boolean> {
    return (await this.#run('[ "$(printf QQ== | base64 -d)" = A ]', this.#patience)).exitCode === 0;
  }

  async #ask(script: string, size = 0): Promise<Said> {
    const { stdout } = await this.#run(script, this.#patience + size / DIGEST_SPEED);
    const [, word = '', rest = ''] = /^GW-(\S+) ?(.*)$/m.exec(stdout) ?? [];
    return { word, rest: rest.trim(), all: stdout };
  }
}

interface Said {
  readonly word: string;
  readonly rest: string;
  readonly all: string;
}

function refusalOf(said: Said): GuestRefusal {
  return refusalIn(said) ?? { kind: 'differs', words: `the guest said ${JSON.stringify(said.all)}` };
}

/** As `printf %b` takes it. */
function octal(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => {
    const char = String.fromCharCode(byte);
    return /[\w./:;,+@ -]/.test(char) ? char : `\\0${byte.toString(8).padStart(3, '0')}`;
  }).join('');
}

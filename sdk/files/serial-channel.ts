/**
 * Files over a serial port, byte for byte: the guest's terminal is made transparent meanwhile (`stty raw`). The guest
 * needs `stty`, `head -c` and `dd`, besides what every shell has.
 *
 * Into the guest a file goes in pieces, each asked for by the guest, so that no more is under way than its terminal's
 * driver holds (64 KB on Linux). Out of it likewise, so that a piece that something else wrote into can be read again.
 * What still runs in the guest when the host has gone away ends by itself, or at the next Enter.
 */
import type { MachineShell, ShellLine } from '../serial/shell.js';
import {
  checkedFile,
  refusalIn,
  sizeOf,
  type ChannelUnable,
  type FileChannel,
  type GetOutcome,
  type GetRequest,
  type GuestRefusal,
  type PutOutcome,
  type PutRequest,
} from './channel.js';
import { BEGIN_GET, BEGIN_PUT, finishPut, prologue, takeDigest } from './guest-scripts.js';

/** Bytes in one piece on their way into the guest. */
const PUT_PIECE = 16 * 1024;

/** Blocks that `dd` reads, and how many of them are one piece on their way out. */
const BLOCK = 64 * 1024;
const GET_BLOCKS = 4;

/** How often a piece is sent again. */
const ATTEMPTS = 4;

/** Bytes whose digest a guest makes within one guest ms at the least. */
const DIGEST_SPEED = 1000;

/**
 * While a piece is read, a read of the terminal ends after three guest seconds without a byte (`time` counts tenths):
 * sooner than whoever looks for a prompt presses Enter again, which would keep it reading.
 */
const RAW_FOR_PIECES = 'stty raw -echo min 0 time 30';
/** While orders are waited for there is no limit: an Enter is no order, and ends it. */
const RAW_FOR_ORDERS = 'stty raw -echo min 1 time 0';

const UNABLE: ChannelUnable = { kind: 'unable', needs: 'a serial port, and stty, head and dd in the guest' };

export class SerialFileChannel implements FileChannel {
  readonly #shell: Pick<MachineShell, 'converse'>;
  /** Guest ms that the guest may be silent. */
  readonly #patience: number;

  constructor(shell: Pick<MachineShell, 'converse'>, patience: number) {
    this.#shell = shell;
    this.#patience = patience;
  }

  async put(request: PutRequest): Promise<PutOutcome> {
    const talked = await this.#shell.converse(`put ${request.path}`, putScript(request), async (line) =>
      this.#talkPut(line, request),
    );
    return talked?.result ?? UNABLE;
  }

  async get(request: GetRequest): Promise<GetOutcome> {
    const talked = await this.#shell.converse(`get ${request.path}`, getScript(request.path), async (line) =>
      this.#talkGet(line, request),
    );
    return talked?.result ?? UNABLE;
  }

  async #talkPut(line: ShellLine, { bytes, onProgress }: PutRequest): Promise<PutOutcome> {
    for (let left = Math.ceil(bytes.length / PUT_PIECE) * ATTEMPTS; ; left--) {
      const said = await this.#said(line, bytes.length);
      if (said.word === 'go') {
        const from = bytes.length - Number(said.rest);
        if (left === 0 || !Number.isInteger(from) || from < 0 || from >= bytes.length) return strange(said);
        onProgress(from);
        await line.stream(bytes.subarray(from, from + PUT_PIECE));
      } else if (said.word === 'done') {
        onProgress(bytes.length);
        return { kind: 'done' };
      } else {
        return refusalOf(said);
      }
    }
  }

  async #talkGet(line: ShellLine, { onProgress }: GetRequest): Promise<GetOutcome> {
    const first = await this.#said(line, 0);
    if (first.word !== 'size') return refusalOf(first);
    const size = sizeOf(first.rest);
    if (typeof size !== 'number') {
      await line.send('quit\n');
      return size;
    }
    const bytes = new Uint8Array(size);
    for (let at = 0; at < size;) {
      const piece = await this.#piece(line, at, Math.min(GET_BLOCKS * BLOCK, size - at));
      if (piece.kind === 'garbled') {
        await line.send('quit\n');
        const words = `the piece from byte ${at} on had ${piece.length} bytes, not ${Math.min(GET_BLOCKS * BLOCK, size - at)}`;
        return { kind: 'differs', words };
      }
      bytes.set(piece.bytes, at);
      at += piece.bytes.length;
      onProgress(at, size);
    }
    await line.send('digest\n');
    const digest = await this.#said(line, size);
    await line.send('quit\n');
    return checkedFile(bytes, digest.rest);
  }

  async #piece(
    line: ShellLine,
    at: number,
    length: number,
  ): Promise<{ kind: 'whole'; bytes: Uint8Array } | { kind: 'garbled'; length: number }> {
    for (let attempt = 1; ; attempt++) {
      await line.send(`${at / BLOCK} ${attempt}\n`);
      const mark = new TextEncoder().encode(`\nGW-piece ${at / BLOCK} ${attempt}\n`);
      const bytes = await line.upTo(mark, length, this.#patience);
      if (bytes.length === length) return { kind: 'whole', bytes };
      if (attempt === ATTEMPTS) return { kind: 'garbled', length: bytes.length };
    }
  }

  /** The next line that the script says; what else is written to the line is passed over. */
  async #said(line: ShellLine, size: number): Promise<Said> {
    const [, word = '', rest = ''] = await line.matching(/GW-(\S+) ?(.*)$/, this.#patience + size / DIGEST_SPEED);
    return { word, rest: rest.trim() };
  }
}

interface Said {
  readonly word: string;
  readonly rest: string;
}

/** What no script of ours says: something else wrote to the port, or the guest's shell is not what it seems. */
function strange({ word, rest }: Said): GuestRefusal {
  return { kind: 'differs', words: `the guest said ${JSON.stringify(`${word} ${rest}`)}` };
}

function refusalOf(said: Said): GuestRefusal | ChannelUnable {
  return said.word === 'unable' ? UNABLE : (refusalIn(said) ?? strange(said));
}

function putScript({ path, bytes, mode }: PutRequest): string {
  return `${prologue(path)}
(head -c 0 < /dev/null) 2>/dev/null && s=$(stty -g 2>/dev/null) || fail unable
${BEGIN_PUT}
trap 'stty "$s"; rm -f "$t" "$t"c' EXIT
${RAW_FOR_PIECES}
l=${bytes.length}; b=0
while [ $l -gt 0 ]; do
n=${PUT_PIECE}; [ $l -lt $n ] && n=$l
say go $l
e=$( (head -c $n > "$t"c) 2>&1 ) || fail unwritten
g=$(wc -c < "$t"c)
if [ $g -eq $n ]; then
e=$( (cat "$t"c >> "$t") 2>&1 ) || fail unwritten
l=$((l-n)); b=0
else
cat > /dev/null
b=$((b+1)); e="$((g)) bytes of $n"; [ $b -lt ${ATTEMPTS} ] || fail differs
fi
done
${finishPut(bytes, mode)}`;
}

function getScript(path: string): string {
  return `${prologue(path)}
dd if=/dev/null 2>/dev/null && s=$(stty -g 2>/dev/null) || fail unable
${BEGIN_GET}
n=$(wc -c < "$p") || fail unreadable
trap 'stty "$s"' EXIT
${RAW_FOR_ORDERS}
say size $((n))
while read -r i a; do
case $i in
digest) ${takeDigest('$p')}; say digest $h \${x%% *} ;;
[0-9]*) dd if="$p" bs=${BLOCK} skip=$i count=${GET_BLOCKS} 2>/dev/null; echo; say piece $i $a ;;
*) break ;;
esac
done`;
}

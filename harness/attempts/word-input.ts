/** An input in a few words, the same for the same input. */
import { createHash } from 'node:crypto';
import type { Input, Medium, PointerAction, RemovableMedia } from '../../sdk/engines/engine.js';

/** Bytes of output to a port that are shown. */
const SHOWN_BYTES = 40;

/** @param secret nothing of what it holds is in the words */
export function wordInput(input: Input, secret: boolean): string {
  if (secret) return `a secret (${input.kind})`;
  switch (input.kind) {
    case 'key':
      return `key ${input.code} ${input.down ? 'pressed' : 'released'}`;
    case 'pointer':
      return `pointer: ${wordPointer(input.action)}`;
    case 'serial':
      return `${wordBytes(input.data)} to ${input.device ?? 'serial'} port ${input.port}`;
    case 'network':
      return `a network frame, ${wordDigest(input.frame)}`;
    case 'media':
      return `${input.drive}: ${wordMedium(input.medium)}`;
    case 'power':
      return `power ${input.action}${input.action === 'on' ? ` with ${wordMedia(input.media)}` : ''}`;
    case 'snapshot':
      return 'a snapshot';
    case 'clock':
      return `clock ${input.clock}`;
  }
}

function wordPointer(action: PointerAction): string {
  const { type, ...rest } = action;
  return `${type} ${JSON.stringify(rest)}`;
}

function wordBytes(bytes: Uint8Array): string {
  return bytes.length <= SHOWN_BYTES ? JSON.stringify(Buffer.from(bytes).toString('latin1')) : wordDigest(bytes);
}

function wordDigest(bytes: Uint8Array): string {
  return `${bytes.length} bytes (sha256:${createHash('sha256').update(bytes).digest('hex').slice(0, 12)})`;
}

function wordMedium(medium: Medium | null | undefined): string {
  if (medium === undefined) return 'no drive';
  return medium === null ? 'empty' : `sha256:${medium.digest.slice(0, 12)}`;
}

function wordMedia({ floppies, cdrom, bootOrder }: RemovableMedia): string {
  const drives = [...floppies.map((floppy) => wordMedium(floppy)), wordMedium(cdrom)];
  return `${drives.join(', ')}; boot ${bootOrder.join(', ')}`;
}

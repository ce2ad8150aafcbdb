/** Disks in words. */
import type { DiskInfo } from '../../../sdk/disks/index.js';
import { size } from '../store.js';

export function wordInfo(info: DiskInfo): string {
  const { path, format, type, size: bytes, fileBytes, hostBytes, parent, id, blockBytes, notes } = info;
  const lines: [string, string | null][] = [
    ['format', type === null ? format : `${format}, ${type}`],
    ['disk', `${size(bytes)} (${bytes} bytes)`],
    ['file', `${size(fileBytes)}, of which ${size(hostBytes)} are on the host's disk`],
    ['grows by', blockBytes === null ? null : `${blockBytes} bytes`],
    ['lies on', parent === null ? null : parent.id === null ? parent.name : `${parent.name} (${parent.id})`],
    ['id', id],
    ...notes.map((note): [string, string] => ['note', note]),
  ];
  return [path, ...lines.flatMap(([name, text]) => (text === null ? [] : [`  ${name.padEnd(9)} ${text}`]))].join('\n');
}

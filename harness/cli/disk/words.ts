/** Disks in words. */
import type { DiskCheck, DiskInfo } from '../../../sdk/disks/index.js';
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

const REPAIRS: Readonly<Record<DiskCheck['findings'][number]['repair'], string>> = {
  safe: ' (guestwright disk repair)',
  'loses-data': ' (guestwright disk repair --lose-data)',
  compact: ' (guestwright disk compact)',
  none: ' (cannot be repaired)',
};

export function wordCheck(path: string, { format, findings }: DiskCheck): string {
  if (findings.length > 0) {
    return [
      `${path}: damaged (${format})`,
      ...findings.map(({ words, repair }) => `  ${words}${REPAIRS[repair]}`),
    ].join('\n');
  }
  return format === 'raw'
    ? `${path}: a raw image has no tables that could be damaged`
    : `${path}: nothing is wrong with its tables (${format})`;
}

/** The first one is what is written to. */
export function wordChain(links: readonly DiskInfo[]): string {
  return links
    .map(({ path, format, type, hostBytes }, depth) => {
      const kind = type === null ? format : `${format}, ${type}`;
      return `${'  '.repeat(depth)}${depth === 0 ? '' : 'on '}${path}  (${kind}, ${size(hostBytes)})`;
    })
    .join('\n');
}

/** The spec of a machine, of what a form was filled with. */
import type { Image } from './api.js';

export type Source = { kind: 'image'; image: Image } | { kind: 'file'; path: string } | { kind: 'empty' };
export type EngineChoice = 'auto' | 'v86' | 'qemu';

export interface Wanted {
  source: Source;
  engine: EngineChoice;
  /** MB. */
  memory: number;
  /** MB; 0: no disk. */
  disk: number;
}

/** What v86 has at most, MB. */
const V86 = { memory: 2048, disk: 4096 };

/** v86 is up in a moment and exact to the bit, for small 32-bit guests; whatever may be more is QEMU's. */
export function engineOf({ source, engine, memory, disk }: Wanted): 'v86' | 'qemu' {
  if (engine !== 'auto') return engine;
  if (source.kind === 'image' && source.image.machine['engine'] === 'qemu') return 'qemu';
  if (source.kind === 'file' && !/\.(img|ima|flp)$/i.test(source.path)) return 'qemu';
  return memory > V86.memory || disk > V86.disk ? 'qemu' : 'v86';
}

export function specOf(wanted: Wanted): Record<string, unknown> {
  const { source, memory, disk } = wanted;
  const architecture = source.kind === 'image' ? source.image.machine['architecture'] : undefined;
  return {
    engine: engineOf(wanted),
    memory,
    ...(architecture === undefined ? {} : { architecture }),
    ...bootOf(source),
    ...(disk > 0 ? { disks: [{ sizeMb: disk }] } : {}),
  };
}

function bootOf(source: Source): Record<string, unknown> {
  switch (source.kind) {
    case 'empty':
      return { cdrom: null };
    case 'file':
      return /\.(img|ima|flp)$/i.test(source.path) ? { floppy: source.path, cdrom: null } : { cdrom: source.path };
    case 'image': {
      const { name, parts } = source.image;
      if (parts.includes('cdrom')) return { cdrom: `${name}:cdrom` };
      if (parts.includes('kernel')) {
        const initrd = parts.includes('initrd') ? { initrd: `${name}:initrd` } : {};
        return { kernel: { path: `${name}:kernel`, ...initrd } };
      }
      if (parts.includes('floppy')) return { floppy: `${name}:floppy`, cdrom: null };
      if (parts.includes('disk')) return { disks: [`${name}:disk`] };
      return {};
    }
  }
}

/** A name that no machine has: `linux-busybox`, `linux-busybox-2`, … */
export function freeName(wanted: string, taken: readonly string[]): string {
  const base =
    wanted
      .replace(/[^A-Za-z0-9._-]/g, '-')
      .replace(/^[^A-Za-z0-9]+/, '')
      .slice(0, 50) || 'machine';
  for (let count = 1; ; count++) {
    const name = count === 1 ? base : `${base}-${count}`;
    if (!taken.includes(name)) return name;
  }
}

export const memoryOf = (source: Source): number => {
  const memory = source.kind === 'image' ? source.image.machine['memory'] : undefined;
  if (typeof memory === 'number') return memory;
  return source.kind === 'file' ? 1024 : 64;
};

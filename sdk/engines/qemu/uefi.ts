/**
 * The UEFI firmware that is installed here. Every system keeps it elsewhere, and describes it: a folder of JSON files
 * (`docs/interop/firmware.json` in QEMU's sources), read in the order of their names, the first that fits being meant.
 */
import { constants } from 'node:fs';
import { access, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { GuestwrightError } from '../../errors.js';
import type { Architecture } from '../engine.js';

/** Firmware in flash memory: its code, and what its variables are at first. */
export interface UefiFirmware {
  code: string;
  variables: string;
}

const file = z.object({ filename: z.string(), format: z.literal('raw') });
const descriptor = z.object({
  'interface-types': z.array(z.string()),
  mapping: z.object({ device: z.literal('flash'), executable: file, 'nvram-template': file }),
  targets: z.array(z.object({ architecture: z.string(), machines: z.array(z.string()) })),
  features: z.array(z.string()),
});
export type FirmwareDescriptor = z.output<typeof descriptor>;

export interface FirmwareWish {
  architecture: Architecture;
  /** The board, by its full name: `pc-q35-7.2`. */
  board: string;
  secureBoot: boolean;
}

/** @param folders of QEMU's own files @throws GuestwrightError `infrastructure/uefi-missing` */
export async function findUefi(wish: FirmwareWish, folders: readonly string[]): Promise<UefiFirmware> {
  const places = [
    '/etc/qemu/firmware',
    ...folders.map((folder) => join(folder, 'firmware')),
    '/usr/share/qemu/firmware',
  ];
  const seen = new Map<string, FirmwareDescriptor>();
  for (const place of places) {
    for (const name of await namesIn(place)) {
      const known = seen.has(name) ? null : await readDescriptor(join(place, name));
      // An administrator's own description goes before the distribution's of the same name.
      if (known !== null) seen.set(name, known);
    }
  }
  for (const [, known] of [...seen].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (!fits(known, wish)) continue;
    const { executable, 'nvram-template': template } = known.mapping;
    const firmware = { code: executable.filename, variables: template.filename };
    if (await areThere(Object.values(firmware))) return firmware;
  }
  throw missing(wish, places);
}

/** Whether a firmware is what a machine asks for. */
export function fits({ features, targets, ...rest }: FirmwareDescriptor, wish: FirmwareWish): boolean {
  const enrolled = features.includes('enrolled-keys') && features.includes('secure-boot');
  return (
    rest['interface-types'].includes('uefi') &&
    // Firmware that is able to be secure and is not set up for it asks for hardware that it does not need.
    (wish.secureBoot ? enrolled : !features.includes('secure-boot')) &&
    targets.some(
      ({ architecture, machines }) =>
        architecture === wish.architecture && machines.some((pattern) => matches(pattern, wish.board)),
    )
  );
}

/** `pc-q35-*`: a star stands for anything. */
function matches(pattern: string, board: string): boolean {
  const [start = '', end] = pattern.split('*');
  // `virt` without versions is a `virt-*` too.
  return end === undefined ? pattern === board : `${board}-`.startsWith(start);
}

async function namesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => name.endsWith('.json')).sort();
}

async function readDescriptor(path: string): Promise<FirmwareDescriptor | null> {
  try {
    const parsed = descriptor.safeParse(JSON.parse(await readFile(path, 'utf8')));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

async function areThere(paths: readonly string[]): Promise<boolean> {
  return await Promise.all(paths.map(async (path) => access(path, constants.R_OK))).then(
    () => true,
    () => false,
  );
}

const PACKAGES: Readonly<Partial<Record<Architecture, string>>> = { x86_64: 'ovmf', aarch64: 'qemu-efi-aarch64' };

function missing({ architecture, secureBoot, board }: FirmwareWish, places: readonly string[]): GuestwrightError {
  const name = PACKAGES[architecture];
  return new GuestwrightError(`There is no UEFI firmware for ${architecture}${secureBoot ? ' with secure boot' : ''}`, {
    kind: 'infrastructure',
    code: 'uefi-missing',
    expected: `firmware for the machine ${board}, described in ${[...new Set(places)].join(' or ')}`,
    seen: 'none that fits',
    next:
      name === undefined
        ? 'boot a kernel directly (spec field "kernel")'
        : `on Debian and Ubuntu: sudo apt-get install ${name}; elsewhere the package with EDK II for this architecture`,
  });
}

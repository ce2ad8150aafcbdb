/** What a recipe is: the packages that it needs, and how parts (what guests boot from, or fonts) are made of them. */
import type { Architecture } from '../engines/engine.js';
import type { PackageClosure, PackageRequest, PinnedPackage, Progress } from './debian.js';
import type { Shelf } from './lock.js';

export interface PartDescription {
  /** What the part is to a machine. */
  kind: 'floppy' | 'cdrom' | 'kernel' | 'initrd' | 'netboot' | 'font';
  description: string;
  /** A kernel's recommended command line. */
  commandLine?: string;
}

/** Fields of a machine spec. */
export interface ImageMachine {
  engine?: 'qemu';
  architecture?: Architecture;
  /** MB. */
  memory?: number;
}

export interface Recipe {
  name: string;
  description: string;
  /** Counts up with every change of the recipe that changes the bytes of a part. */
  revision: number;
  /** Debian's name of the packages' architecture. Default: `i386`, which has those for every architecture too. */
  architecture?: 'i386' | 'amd64' | 'arm64';
  packages: readonly PackageRequest[];
  /** Further packages, with all that they depend on. */
  closures?: readonly PackageClosure[];
  /** Where it is kept; with the images if left out. */
  shelf?: Shelf;
  /**
   * Only the bytes of the parts count, not where they are from: what is installed on this system, or a newer package,
   * is as good as the pinned package as long as the parts come out as they are pinned. The folders are where other
   * systems than Debian have the packages' files.
   */
  anySource?: { folders: readonly string[] };
  parts: Readonly<Record<string, PartDescription>>;
  /** The machine that the image is for, where the usual one does not do. */
  machine?: ImageMachine;
  /**
   * Makes every part. Equal packages give equal bytes: no time, host name, locale or order of a directory may leak in.
   */
  build(context: BuildContext): Promise<BuiltParts>;
}

/** What comes out: bytes, or a file in the build's scratch folder, which is moved and never held in memory. */
export type BuiltPart = Uint8Array | { file: string };
export type BuiltParts = Readonly<Record<string, BuiltPart>>;

/** A pinned package that was fetched, and where its .deb file is. It is kept for other builds: only to be read. */
export interface FetchedPackage extends PinnedPackage {
  deb: string;
}

export interface BuildContext {
  /**
   * Reads one file of an unpacked package.
   *
   * @param packageName as requested in `packages`; a name that was followed gives the real package
   * @param path inside the package, for example `usr/lib/grub-rescue/grub-rescue-floppy.img`
   */
  read: (packageName: string, path: string) => Promise<Uint8Array>;
  /** Paths of every file of a package below a folder, sorted. */
  list: (packageName: string, folder: string) => Promise<string[]>;
  /**
   * Runs a Perl script of a package and gives what it prints. Perl is on every Debian system, whose own tools need it.
   *
   * @param args may name files of `inside` by their paths in that package, which is the script's working folder
   */
  perl: (script: { packageName: string; path: string; inside: string; args: readonly string[] }) => Promise<string>;
  /** Every package that the lock pins, in the lock's order. */
  packages: readonly FetchedPackage[];
  /** The folder that an unpacked package's files lie in. */
  unpacked: (packageName: string) => Promise<string>;
  /** A folder of the build's own, on the cache's disk; it is gone when the parts are stored. */
  scratch: string;
  /** Unpacks an xz stream. */
  unxz: (data: Uint8Array) => Promise<Uint8Array>;
  /** Unpacks what was packed with LZMA before there was xz (".lzma", "LZMA alone"). */
  unlzma: (data: Uint8Array) => Promise<Uint8Array>;
  onProgress: Progress;
}

/**
 * Debian packages without root and without installing: a private package list (its own apt state, for one
 * architecture, made from the host's own sources), `apt-get download`, and extraction with `dpkg-deb -x`.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GuestwrightError } from '../errors.js';
import { exclusively, processExists } from '../lock.js';
import { exists, sha256OfFile } from './files.js';
import { runTool } from './tools.js';

export type Progress = (message: string) => void;

/** What a recipe needs from the archive. */
export interface PackageRequest {
  name: string;
  /** The package only points at the real one: take its first dependency that matches. */
  follow?: RegExp;
}

/**
 * Packages that are installed together, with all that they depend on and nothing that is only recommended, as apt
 * resolves it on an empty system. Names as `apt-get install` takes them, patterns too: `?priority(required)`.
 */
export type PackageClosure = readonly string[];

/** One package as `images.lock` pins it. */
export interface PinnedPackage {
  name: string;
  architecture: string;
  version: string;
  /** Lower-case hex SHA-256 of the .deb. */
  sha256: string;
}

/** A package that the archive has now, and where. */
interface OfferedPackage extends PinnedPackage {
  file: string;
  size: number;
}

/** What came of fetching pinned packages. */
export type Fetched = { kind: 'fetched'; files: Map<string, string> } | { kind: 'drifted'; drift: Drift[] };

/** Anything that takes longer than this reports how far it is, ms. */
const PROGRESS_MS = 2_000;

/** More packages than this are counted in messages, not named. */
const MOST_NAMED = 20;

/** apt's `Acquire::Check-*` and the like stay the host's; only where it keeps its state is ours. */
export class DebianArchive {
  private readonly aptFolder: string;
  private readonly packageFolder: string;
  private updated = false;
  /** What went wrong while reading the list; of interest only if a package is then missing. */
  private listTrouble = '';

  constructor(
    cache: string,
    private readonly architecture: string,
    private readonly onProgress: Progress,
  ) {
    this.aptFolder = join(cache, 'apt', architecture);
    this.packageFolder = join(cache, 'packages');
  }

  /** The newest packages that the archive has for these requests and closures, each once; with closures by name. */
  async newest(
    requests: readonly PackageRequest[],
    closures: readonly PackageClosure[] = [],
  ): Promise<PinnedPackage[]> {
    return await this.alone(async () => this.findNewest(requests, closures));
  }

  /** apt's state is one for all processes: a list that another one is reading anew looks empty meanwhile. */
  private async alone<T>(work: () => Promise<T>): Promise<T> {
    return await exclusively(join(this.aptFolder, '.lock'), work, () =>
      this.onProgress('waiting for another process that reads the package archive'),
    );
  }

  private async findNewest(
    requests: readonly PackageRequest[],
    closures: readonly PackageClosure[],
  ): Promise<PinnedPackage[]> {
    await this.update();
    const wanted: string[] = [];
    for (const request of requests) wanted.push(await this.realName(request));
    for (const closure of closures) wanted.push(...(await this.resolve(closure)));
    const names = [...new Set(wanted)];
    const offers = await this.offers(names);
    if (offers.kind === 'missing') throw this.notInArchive(names, offers.reason);
    const pins = offers.packages.map(({ name, architecture, version, sha256 }) => ({
      name,
      architecture,
      version,
      sha256,
    }));
    // apt's own order is another with every new list: of hundreds of pins nobody could see which have changed.
    return closures.length === 0 ? pins : pins.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  /**
   * Gets exactly the pinned packages, from the cache or from the archive.
   *
   * @returns the .deb file of each package, or the versions that the archive has instead of what was pinned
   */
  async fetch(pins: readonly PinnedPackage[]): Promise<Fetched> {
    return await this.alone(async () => this.fetchAlone(pins));
  }

  private async fetchAlone(pins: readonly PinnedPackage[]): Promise<Fetched> {
    await this.sweepDownloads();
    const files = new Map<string, string>();
    const wanted: PinnedPackage[] = [];
    for (const pin of pins) {
      const file = this.packageFile(pin.sha256);
      if (await exists(file)) files.set(pin.name, file);
      else wanted.push(pin);
    }
    if (wanted.length === 0) return { kind: 'fetched', files };
    const names = wanted.map((pin) => `${pin.name}=${pin.version}`);
    let offers = await this.offers(names);
    if (offers.kind === 'missing' && !this.updated) {
      await this.update();
      offers = await this.offers(names);
    }
    if (offers.kind === 'missing') {
      const drift = await this.drift(wanted);
      if (drift.length === 0) throw this.notInArchive(names, offers.reason);
      return { kind: 'drifted', drift };
    }
    const drift = wanted.flatMap((pin) => {
      const offer = offers.packages.find((candidate) => candidate.name === pin.name);
      return offer?.sha256 === pin.sha256 ? [] : [{ pin, seen: offer ? [offer] : [] }];
    });
    if (drift.length > 0) return { kind: 'drifted', drift };
    await this.download(offers.packages);
    for (const { name, sha256 } of offers.packages) files.set(name, this.packageFile(sha256));
    return { kind: 'fetched', files };
  }

  /** Unpacks a .deb's files into a folder. */
  async extract(deb: string, folder: string): Promise<void> {
    await mkdir(folder, { recursive: true });
    await runTool('dpkg-deb', ['-x', deb, folder]);
  }

  private packageFile(digest: string): string {
    return join(this.packageFolder, `${digest}.deb`);
  }

  private async update(): Promise<void> {
    if (this.updated) return;
    this.updated = true;
    this.onProgress(`reading the package list (${this.architecture})`);
    // A list that cannot be had (one mirror is being updated, a third party has nothing for this architecture) is
    // no failure as long as the packages are found in the others: what is missing is said when it is missed.
    const { stderr } = await this.apt('apt-get', ['update'], { mayFail: true });
    this.listTrouble = stderr.trim();
  }

  private async realName({ name, follow }: PackageRequest): Promise<string> {
    if (!follow) return name;
    const { stdout } = await this.apt('apt-cache', ['depends', name]);
    const dependencies = [...stdout.matchAll(/Depends: (\S+)/g)].flatMap((match) => match[1] ?? []);
    const real = dependencies.find((dependency) => follow.test(dependency));
    if (real === undefined) throw this.notInArchive([name], stdout);
    return real;
  }

  private async resolve(closure: PackageClosure): Promise<string[]> {
    const args = ['--simulate', '-q', '--no-install-recommends', 'install', ...closure];
    const { stdout, stderr, exitCode } = await this.apt('apt-get', args, { mayFail: true });
    // Which packages do not fit together is among what apt prints, not among its errors.
    if (exitCode !== 0) throw this.notInArchive(closure, `${stdout}\n${stderr}`.trim());
    return parseInstalled(stdout);
  }

  private async offers(
    names: readonly string[],
  ): Promise<{ kind: 'offered'; packages: OfferedPackage[] } | { kind: 'missing'; reason: string }> {
    const { stdout, stderr, exitCode } = await this.apt('apt-get', ['--print-uris', 'download', ...names], {
      mayFail: true,
    });
    if (exitCode !== 0) return { kind: 'missing', reason: stderr.trim() };
    const packages = parseUris(stdout);
    return packages.length === names.length
      ? { kind: 'offered', packages }
      : { kind: 'missing', reason: stdout.trim() };
  }

  /** For each pin that the archive does not have: the versions that it has. */
  private async drift(pins: readonly PinnedPackage[]): Promise<Drift[]> {
    // Asked all at once first: of hundreds of packages few have moved on.
    const all = await this.offers(pins.map(({ name }) => name));
    const unmoved = new Set(
      all.kind === 'offered' ? all.packages.map(({ name, version }) => `${name}=${version}`) : [],
    );
    const drift: Drift[] = [];
    for (const pin of pins) {
      if (unmoved.has(`${pin.name}=${pin.version}`)) continue;
      const same = await this.offers([`${pin.name}=${pin.version}`]);
      if (same.kind === 'offered') continue;
      const newest = await this.offers([pin.name]);
      drift.push({ pin, seen: newest.kind === 'offered' ? newest.packages : [] });
    }
    return drift;
  }

  /** Puts packages into the cache, each under its digest; those that came before a failure stay. */
  private async download(offers: readonly OfferedPackage[]): Promise<void> {
    // One folder per download: two processes that fetch the same package do not write into one file.
    const folder = join(this.packageFolder, `.${process.pid}-${randomUUID()}`);
    await mkdir(folder, { recursive: true });
    const total = offers.reduce((sum, { size }) => sum + size, 0);
    const what =
      offers.length > MOST_NAMED
        ? `${offers.length} packages`
        : offers.map(({ name, version }) => `${name} ${version}`).join(', ');
    this.onProgress(`downloading ${(total / 1e6).toFixed(1)} MB: ${what}`);
    const timer = setInterval(() => void this.reportSize(folder, total), PROGRESS_MS);
    try {
      const wanted = offers.map(({ name, version }) => `${name}=${version}`);
      const { exitCode, stderr } = await this.apt('apt-get', ['-q', 'download', ...wanted], {
        cwd: folder,
        mayFail: true,
      });
      const digests = await this.keep(folder);
      const missing = offers.filter((offer) => !digests.includes(offer.sha256));
      if (missing.length > 0) throw downloadFailed(missing, exitCode === 0 ? 'other bytes' : stderr.trim());
    } finally {
      clearInterval(timer);
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** Removes the folders of downloads whose process is gone. */
  private async sweepDownloads(): Promise<void> {
    if (!(await exists(this.packageFolder))) return;
    for (const name of await readdir(this.packageFolder)) {
      const pid = /^\.(\d+)-/.exec(name)?.[1];
      if (pid === undefined || processExists(Number(pid))) continue;
      await rm(join(this.packageFolder, name), { recursive: true, force: true });
    }
  }

  /** Moves what was downloaded into the cache; returns the digests. */
  private async keep(folder: string): Promise<string[]> {
    const digests: string[] = [];
    for (const name of (await readdir(folder)).filter((file) => file.endsWith('.deb'))) {
      const digest = await sha256OfFile(join(folder, name));
      await rename(join(folder, name), this.packageFile(digest));
      digests.push(digest);
    }
    return digests;
  }

  private async reportSize(folder: string, total: number): Promise<void> {
    try {
      let done = 0;
      for (const name of await readdir(folder)) done += (await stat(join(folder, name))).size;
      this.onProgress(`downloading: ${Math.floor((100 * done) / total)} %`);
    } catch {
      // A file was just moved away: the download is over and there is nothing to report.
    }
  }

  private notInArchive(names: readonly string[], reason: string): GuestwrightError {
    return new GuestwrightError(`The package archive does not have ${names.join(', ')} for ${this.architecture}`, {
      kind: 'infrastructure',
      code: 'package-missing',
      expected: "a Debian archive in this system's apt sources, reachable from here",
      seen: [reason || 'no such package', this.listTrouble].filter(Boolean).join('\n'),
      next:
        'Check the network and /etc/apt/sources.list*; or build on a Debian machine and bring the image: ' +
        '`npx guestwright images export NAME FILE` there, `npx guestwright images import NAME FILE` here.',
    });
  }

  private async apt(
    tool: 'apt-get' | 'apt-cache',
    args: readonly string[],
    { mayFail = false, cwd }: { mayFail?: boolean; cwd?: string } = {},
  ) {
    const configuration = await this.configuration();
    return await runTool(tool, ['-c', configuration, ...args], { mayFail, ...(cwd !== undefined && { cwd }) });
  }

  /** Writes apt's private configuration. Hooks of the host are dropped: they are meant for the host's own lists. */
  private async configuration(): Promise<string> {
    const { aptFolder, architecture } = this;
    for (const part of ['state/lists/partial', 'cache/archives/partial']) {
      await mkdir(join(aptFolder, part), { recursive: true });
    }
    const status = join(aptFolder, 'status');
    if (!(await exists(status))) await writeFile(status, '');
    const file = join(aptFolder, 'apt.conf');
    const text = [
      '#clear APT::Update::Post-Invoke;',
      '#clear APT::Update::Post-Invoke-Success;',
      '#clear APT::Update::Pre-Invoke;',
      '#clear APT::Architectures;',
      `APT::Architecture "${architecture}";`,
      `APT::Architectures { "${architecture}"; };`,
      'APT::Sandbox::User "";',
      'Acquire::Languages "none";',
      'Acquire::Retries "3";',
      `Dir::State "${join(aptFolder, 'state')}";`,
      `Dir::State::lists "${join(aptFolder, 'state', 'lists')}";`,
      `Dir::State::status "${status}";`,
      `Dir::Cache "${join(aptFolder, 'cache')}";`,
      '',
    ].join('\n');
    await writeFile(file, text);
    return file;
  }
}

function downloadFailed(missing: readonly OfferedPackage[], seen: string): GuestwrightError {
  return new GuestwrightError(`${missing.map(({ name }) => name).join(', ')} could not be downloaded`, {
    kind: 'infrastructure',
    code: 'package-damaged',
    expected: missing.map(({ name, version, sha256 }) => `${name} ${version} with SHA-256 ${sha256}`).join('\n'),
    seen,
    next: 'Check the network and try again: what has arrived is kept.',
  });
}

/** A pinned package that the archive does not have, and what it has in its place. */
export interface Drift {
  pin: PinnedPackage;
  seen: readonly PinnedPackage[];
}

/** Reads the names of what `apt-get --simulate install` would install: `Inst NAME (VERSION ORIGIN [ARCHITECTURE])`. */
export function parseInstalled(text: string): string[] {
  return [...text.matchAll(/^Inst (\S+) /gm)].map(([, name = '']) => name);
}

/** Reads the lines of `apt-get --print-uris`: `'URL' FILE SIZE SHA256:DIGEST`. */
export function parseUris(text: string): OfferedPackage[] {
  return [...text.matchAll(/^'[^']+' (\S+)_(\S+)_([a-z0-9]+)\.deb (\d+) SHA256:([0-9a-f]{64})$/gm)].map((match) => {
    const [, name = '', version = '', architecture = '', size = '', sha256 = ''] = match;
    return {
      name,
      version: decodeURIComponent(version),
      architecture,
      sha256,
      size: Number(size),
      file: `${name}_${version}_${architecture}.deb`,
    };
  });
}

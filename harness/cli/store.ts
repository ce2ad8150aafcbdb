import { Command, InvalidArgumentError } from 'commander';
import type { Bundled } from '../../sdk/snapshots/index.js';

/** Loaded when asked for: help must answer at once. */
const loadStore = () => import('../../sdk/snapshots/index.js');

const print = (line: string) => void process.stdout.write(`${line}\n`);

export function storeCommand(): Command {
  return new Command('store')
    .description('look after the store of snapshots: what is in it, room, damage, exchange')
    .addHelpText('after', AFTER_HELP)
    .addCommand(listCommand())
    .addCommand(statsCommand())
    .addCommand(verifyStoreCommand())
    .addCommand(collectCommand())
    .addCommand(removeCommand())
    .addCommand(exportCommand())
    .addCommand(importCommand());
}

const AFTER_HELP = `
Scenarios and programs put states into the store by name (machine.saveState('store:installed')) and go on from them
(launch({ ..., state: 'store:installed' })). What several states share is kept once. The store is the folder
GUESTWRIGHT_STORE, else "store" in the cache folder.

Examples:
  guestwright store list
  guestwright store gc --limit 2GB
  guestwright store export installed ./installed.bundle`;

function listCommand(): Command {
  return new Command('list')
    .description('list the snapshots, those that were used last at the end')
    .option('--json', 'print the list as JSON')
    .action(async ({ json }: { json?: true }) => {
      const { SnapshotStore, contentBytes } = await loadStore();
      const store = new SnapshotStore();
      const names = [...(await store.names())];
      const snapshots = (await store.list()).map(({ manifest, used }) => ({
        key: manifest.key,
        names: names.flatMap(([name, key]) => (key === manifest.key ? [name] : [])),
        engine: manifest.engine,
        guestTime: manifest.time,
        bytes: contentBytes(manifest),
        used: used.toISOString(),
      }));
      if (json) print(JSON.stringify(snapshots, null, 2));
      else if (snapshots.length === 0) print(`There is no snapshot in ${store.folder}.`);
      for (const one of json ? [] : snapshots) {
        print(
          `${one.key.slice(0, 12)}  ${one.engine.padEnd(5)} ${seconds(one.guestTime).padStart(10)} guest time  ` +
            `${size(one.bytes).padStart(9)}  used ${one.used.slice(0, 16).replace('T', ' ')}  ${one.names.join(', ')}`,
        );
      }
    });
}

function statsCommand(): Command {
  return new Command('stats')
    .description('say how much is in the store, and how much room it takes')
    .option('--json', 'print it as JSON')
    .action(async ({ json }: { json?: true }) => {
      const { SnapshotStore, storeStats } = await loadStore();
      const store = new SnapshotStore();
      const stats = { folder: store.folder, ...(await storeStats(store)) };
      if (json) {
        print(JSON.stringify(stats, null, 2));
        return;
      }
      print(stats.folder);
      print(`  ${stats.snapshots} snapshots of ${size(stats.content)} in ${stats.packs} packs of ${size(stats.bytes)}`);
      print(
        `  ${stats.timelines} timelines of ${size(stats.timelineBytes)}, by which scenarios that have run before are answered`,
      );
      print(`  ${stats.inUse} in use; ${size(stats.unused)} that no snapshot needs (guestwright store gc removes it)`);
    });
}

function verifyStoreCommand(): Command {
  return new Command('verify')
    .description('read all that is in the store and compare it with its names; exit code 3 if something is damaged')
    .option('--remove', 'take what is damaged out of the store, with the snapshots that need it')
    .action(async ({ remove }: { remove?: true }) => {
      const { SnapshotStore, removeDamage, verifyStore } = await loadStore();
      const store = new SnapshotStore();
      const damages = await verifyStore(store, progress());
      if (damages.length === 0) {
        print('Everything in the store is as it was put there.');
        return;
      }
      for (const { path, what, keys } of damages) {
        print(`${path}\n  ${what}\n  needed by: ${keys.map((key) => key.slice(0, 12)).join(', ') || 'no snapshot'}`);
      }
      if (remove) {
        await removeDamage(store, damages);
        print('It has been taken out of the store.');
        return;
      }
      print('Nothing of it is ever given out. "guestwright store verify --remove" takes it out of the store.');
      process.exitCode = 3;
    });
}

/** A line on standard error now and then, for what takes longer than two seconds. */
function progress(): (done: number, all: number) => void {
  let said = performance.now();
  return (done, all) => {
    if (performance.now() - said < 2_000) return;
    said = performance.now();
    process.stderr.write(`${done} of ${all} packs read\n`);
  };
}

function collectCommand(): Command {
  return new Command('gc')
    .description('remove what no snapshot needs and, over a limit, what was not used for longest')
    .option('--limit <size>', 'how large the store may be, for example 500MB or 2GB (default: no limit)', parseSize)
    .addHelpText(
      'after',
      '\nSnapshots that are in use or have a name stay: "guestwright store rm NAME" takes a name away.',
    )
    .action(async ({ limit }: { limit?: number }) => {
      const { SnapshotStore, collectGarbage } = await loadStore();
      const { evicted, timelines, freed, bytes, overLimit } = await collectGarbage(new SnapshotStore(), limit);
      print(
        `${evicted.length} snapshots and ${timelines} timelines evicted, ${size(freed)} freed; the store has ${size(bytes)}.`,
      );
      if (overLimit) print('That is over the limit: what is left is in use or has a name.');
    });
}

function removeCommand(): Command {
  return new Command('rm')
    .description('remove names; what no name keeps goes with the next gc that needs room')
    .argument('<name...>', 'names, as in `guestwright store list`')
    .action(async (names: string[]) => {
      const { SnapshotStore } = await loadStore();
      const store = new SnapshotStore();
      for (const name of names) await store.find(name);
      for (const name of names) await store.removeName(name);
      print(`${names.join(', ')}: removed`);
    });
}

function exportCommand(): Command {
  return new Command('export')
    .description('write a snapshot into one file, for another store, with the journal and the timelines that led to it')
    .argument('<name>', 'a name or a key, as in `guestwright store list`')
    .argument('<file>', 'the file to write')
    .addHelpText('after', "\nIt holds the guest's memory and disks, and whatever secrets are in them.")
    .action(async (name: string, file: string) => {
      const { SnapshotStore, exportBundle } = await loadStore();
      const store = new SnapshotStore();
      print(described(await exportBundle(store, await store.find(name), file), file));
    });
}

function importCommand(): Command {
  return new Command('import')
    .description('put the snapshot of an exported file into the store; everything in it is checked first')
    .argument('<file>', 'a file that `guestwright store export` wrote')
    .option('--name <name>', 'the name it gets')
    .option('--trust', 'believe its timelines, too: runs that do what it says it did are answered from it')
    .addHelpText('after', AFTER_IMPORT)
    .action(async (file: string, { name, trust = false }: { name?: string; trust?: boolean }) => {
      const { SnapshotStore, importBundle } = await loadStore();
      const store = new SnapshotStore();
      const bundled = await importBundle(store, file, { trust });
      if (name !== undefined) await store.name(name, bundled.manifest.key);
      print(described(bundled, name ?? bundled.manifest.key.slice(0, 12)));
      if (bundled.timelines > 0 && !trust) {
        print('Its timelines were left out: with --trust runs that do the same are answered from them.');
      }
    });
}

const AFTER_IMPORT = `
Nothing but running it again can tell whether a timeline is true. Trust a file of your own CI, not one from anywhere.`;

function described({ manifest: { engine, time }, timelines }: Bundled, what: string): string {
  const led = timelines === 0 ? '' : `, with ${timelines} timelines of what led there`;
  return `${what}: a snapshot of a ${engine} machine at ${seconds(time)} of guest time${led}`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

export function size(bytes: number): string {
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}

const UNITS: Record<string, number> = { '': 1, KB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 };

export function parseSize(text: string): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)\s*([KMGT]?B)?$/i.exec(text) ?? [];
  const factor = UNITS[unit.toUpperCase()] ?? (unit.toUpperCase() === 'B' ? 1 : undefined);
  if (number === undefined || factor === undefined)
    throw new InvalidArgumentError('It is to be a size such as 500MB or 2GB.');
  return Number(number) * factor;
}

/** What all pipelines have in common. */

/** Debian 12: other distributions have no i386 kernel package, of which guests are made. */
export const IMAGE = 'node:20-bookworm';

export function aptInstall(qemu: boolean): string {
  const packages = ['seabios', ...(qemu ? ['qemu-system-x86'] : [])];
  return `apt-get update && apt-get install --yes --no-install-recommends ${packages.join(' ')}`;
}

/** The file has to be there for every shard to be given it; empty, every test counts the same. */
export const ENSURE_DURATIONS = `[ -f durations.json ] || echo '{"version":1,"seconds":{}}' > durations.json`;

/** @param shard `1/2`, in the pipeline's own language */
export function runShard(config: string, shard: string): string {
  return `npx guestwright run --config ${config} --shard ${shard} --reporter=list,blob --update-snapshots=none`;
}

export function mergeReports(config: string, folder: string): string {
  return `npx playwright merge-reports --config ${config} ${folder}`;
}

export function shardNumbers(shards: number): number[] {
  return Array.from({ length: shards }, (_, index) => index + 1);
}

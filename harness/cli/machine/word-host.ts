/** A host and its tasks in words. */
import type { HostTask, ResultOf } from '../../server/api/client.js';

const gb = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GB`;
const mb = (bytes: number | null): string => (bytes === null ? '' : `${Math.round(bytes / 2 ** 20)} MB`);

export function wordHost({
  name,
  version,
  cpus,
  load,
  memory,
  disk,
  machines,
  uses,
}: ResultOf<'describeHost'>): string[] {
  return [
    `${name}: Guestwright ${version}, ${cpus} processors, load ${load.toFixed(2)}`,
    `memory: ${gb(memory.free)} of ${gb(memory.total)} free; machines count with ${gb(memory.reserved)} of ${gb(memory.budget)}`,
    `disk: ${gb(disk.free)} of ${gb(disk.total)} free`,
    `machines: ${machines.running} of ${machines.total} run`,
    ...uses
      .filter(({ isRunning }) => isRunning)
      .map(({ name: machine, cpu, residentBytes, reservedBytes, cpuControl }) => {
        const share = cpu === null ? '' : `${(cpu * 100).toFixed(1)} %`;
        return `  ${machine.padEnd(20)} ${share.padStart(7)} ${mb(residentBytes).padStart(9)} of ${mb(reservedBytes)}${cpuControl === null ? '' : `  (share by ${cpuControl})`}`;
      }),
  ];
}

export function wordTask({ id, kind, machine, state, progress, failure, by }: HostTask): string {
  const share = state === 'running' && progress !== null ? ` ${Math.round(progress * 100)} %` : '';
  const whose = by === null ? '' : ` by ${by}`;
  const why = failure === null ? '' : `  ${failure.message.split('\n')[0] ?? ''}`;
  return `${id}  ${(machine ?? 'host').padEnd(20)} ${kind}${whose}: ${state}${share}${why}`;
}

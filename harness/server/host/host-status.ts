/** How a host is: its load and what each machine takes of it. Read when somebody asks, and never otherwise. */
import { statfs } from 'node:fs/promises';
import { availableParallelism, freemem, hostname, loadavg, totalmem } from 'node:os';
import type { CpuMechanism } from './cpu/cpu-control.js';
import type { MemoryUse } from './memory-budget.js';
import { useOf, type ProcessUse } from './process-use.js';

export interface MachineUse {
  name: string;
  /** Whether it runs: the rest is null otherwise, and where the system does not tell. */
  isRunning: boolean;
  /** 0 to 1 of all of the host's processors, since somebody asked before; at first, since it was started. */
  cpu: number | null;
  residentBytes: number | null;
  /** What it is counted with against the budget; null: it does not count. */
  reservedBytes: number | null;
  /** What keeps its weight and its cap; null: it has none, or does not run. */
  cpuControl: CpuMechanism | null;
}

export interface HostStatus {
  /** The host's own. */
  name: string;
  cpus: number;
  /** Processes that ran or waited to, on average over the last minute. */
  load: number;
  /** Bytes. */
  memory: { total: number; free: number; budget: number; reserved: number };
  /** Bytes of the file system that the host's folder is on. */
  disk: { total: number; free: number };
  machines: MachineUse[];
}

export interface MeterRequest {
  folder: string;
  /** The process of each; null: it does not run. */
  machines: readonly { name: string; pid: number | null; cpuControl: CpuMechanism | null }[];
  budget: number;
  reserved: readonly MemoryUse[];
}

interface Sample {
  /** Wall ms. */
  at: number;
  use: ProcessUse;
  cpu: number;
}

/** Wall ms: within it whoever asks again is told the same, so that many who ask do not shorten what is measured over. */
const KEPT_MS = 1000;

export class HostMeter {
  /** By the process. */
  #samples = new Map<number, Sample>();

  async read({ folder, machines, budget, reserved }: MeterRequest): Promise<HostStatus> {
    const { bsize, blocks, bavail } = await statfs(folder);
    const before = this.#samples;
    this.#samples = new Map();
    return {
      name: hostname(),
      cpus: availableParallelism(),
      load: loadavg()[0] ?? 0,
      memory: {
        total: totalmem(),
        free: freemem(),
        budget,
        reserved: reserved.reduce((sum, { bytes }) => sum + bytes, 0),
      },
      disk: { total: blocks * bsize, free: bavail * bsize },
      machines: machines.map(({ name, pid, cpuControl }) => {
        const sample = pid === null ? null : sampleOf(pid, before.get(pid) ?? null);
        if (pid !== null && sample !== null) this.#samples.set(pid, sample);
        return {
          name,
          isRunning: pid !== null,
          cpu: sample?.cpu ?? null,
          residentBytes: sample?.use.residentBytes ?? null,
          cpuControl: pid === null ? null : cpuControl,
          reservedBytes: reserved.find((one) => one.name === name)?.bytes ?? null,
        };
      }),
    };
  }
}

function sampleOf(pid: number, before: Sample | null): Sample | null {
  const at = Date.now();
  if (before !== null && at - before.at < KEPT_MS) return before;
  const use = useOf(pid);
  if (use === null) return null;
  const seconds = before === null ? use.ageSeconds : (at - before.at) / 1000;
  // What a child took is gone with it.
  const taken = Math.max(0, use.cpuSeconds - (before?.use.cpuSeconds ?? 0));
  return { at, use, cpu: seconds <= 0 ? 0 : Math.min(1, taken / seconds / availableParallelism()) };
}

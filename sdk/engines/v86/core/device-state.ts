/** The JavaScript side of v86's devices: captured, restored and encoded, with what v86 keeps outside its device objects. */
import { ObjectGraph, type GraphState } from './object-graph.js';
import type { Cpu, Emulator } from './v86-internals.js';

/** Plain data. */
export interface DeviceSnapshot {
  graph: GraphState;
  /** I/O ports that are not what they were at the start (PCI moves them): port, and where its entry was then (-1: none). */
  movedPorts: [number, number][];
}

export interface DiskNames {
  name: (object: object) => string | null;
  find: (name: string) => object;
}

export class DeviceState {
  readonly #cpu: Cpu;
  readonly #graph: ObjectGraph;
  readonly #ports: readonly object[];
  readonly #portOf = new Map<object, number>();
  /** Ports that may not be what they were at the start. */
  readonly #touched = new Set<number>();
  /** What is not a property of any device. */
  readonly #loose: { fwValue: unknown; fwPointer: number; a20: number };

  constructor(emulator: Emulator, disks: DiskNames) {
    const { cpu } = emulator.v86;
    this.#cpu = cpu;
    this.#loose = { fwValue: cpu.fw_value, fwPointer: cpu.fw_pointer, a20: 0 };
    this.#ownPort92();
    this.#watchPci();
    this.#ports = [...cpu.io.ports];
    for (const [port, entry] of this.#ports.entries()) this.#portOf.set(entry, port);
    this.#graph = new ObjectGraph(
      { devices: cpu.devices, loose: this.#loose },
      {
        opaque: [cpu, cpu.io, cpu.bus, emulator, emulator.bus, emulator.screen_adapter],
        isMachineMemory: (buffer) => buffer === cpu.mem8.buffer,
        nameExternal: disks.name,
        findExternal: disks.find,
      },
    );
  }

  /** v86 keeps the byte of port 92h (fast A20) in a closure, where no state could reach it. */
  #ownPort92(): void {
    const loose = this.#loose;
    this.#cpu.io.register_read(0x92, this.#cpu, () => loose.a20);
    this.#cpu.io.register_write(0x92, this.#cpu, (value) => {
      loose.a20 = value;
    });
  }

  /** PCI moves I/O ports to where the firmware wants them: nothing else changes them after the start. */
  #watchPci(): void {
    const { pci } = this.#cpu.devices;
    const move = pci.set_io_bars;
    pci.set_io_bars = (bar, from, to) => {
      for (let i = 0; i < bar.size; i++) this.#touched.add(from + i).add(to + i);
      move.call(pci, bar, from, to);
    };
  }

  capture(): DeviceSnapshot {
    this.#loose.fwValue = this.#cpu.fw_value;
    this.#loose.fwPointer = this.#cpu.fw_pointer;
    const movedPorts: [number, number][] = [];
    for (const port of [...this.#touched].sort((a, b) => a - b)) {
      const entry = this.#cpu.io.ports[port];
      if (entry !== undefined && entry !== this.#ports[port]) movedPorts.push([port, this.#portOf.get(entry) ?? -1]);
    }
    return { graph: this.#graph.capture(), movedPorts };
  }

  restore(snapshot: DeviceSnapshot): void {
    const { io } = this.#cpu;
    for (const port of this.#touched) {
      const entry = this.#ports[port];
      if (entry !== undefined) io.ports[port] = entry;
    }
    for (const [port, was] of snapshot.movedPorts) {
      this.#touched.add(port);
      io.ports[port] = this.#ports[was] ?? io.create_empty_entry();
    }
    this.#graph.restore(snapshot.graph);
    this.#cpu.fw_value = this.#loose.fwValue;
    this.#cpu.fw_pointer = this.#loose.fwPointer;
  }
}

/** JSON with the byte arrays beside it: `{"$bytes": 3}` stands for the fourth. */
export function encodeBinary(value: unknown): { json: string; buffers: Uint8Array[] } {
  const buffers: Uint8Array[] = [];
  const json = JSON.stringify(value, (_key, item: unknown) => {
    if (item instanceof Uint8Array) return { $bytes: buffers.push(item) - 1 };
    if (item instanceof Map) return { $map: [...(item as Map<unknown, unknown>)] };
    return item;
  });
  return { json, buffers };
}

export function decodeBinary(json: string, buffers: readonly Uint8Array[]): unknown {
  return JSON.parse(json, (_key, item: unknown) => {
    if (typeof item !== 'object' || item === null) return item;
    if ('$bytes' in item) {
      const bytes = buffers[Number(item.$bytes)];
      if (bytes === undefined) throw new Error('the state refers to bytes that it does not have');
      return bytes;
    }
    if ('$map' in item) return new Map(item.$map as [unknown, unknown][]);
    return item;
  });
}

/** The engines that there are. Nothing else of an engine is seen from outside. */
import type { Engine } from './engine.js';
import { QemuEngine } from './qemu/engine.js';
import { V86Engine } from './v86/engine.js';

const all: readonly Engine[] = [new V86Engine(), new QemuEngine()];

/** Every engine, whether it can run here or not. */
export function engines(): readonly Engine[] {
  return all;
}

/** @param name checked by the machine spec already */
export function engineNamed(name: string): Engine {
  const engine = all.find((candidate) => candidate.name === name);
  if (engine === undefined) throw new Error(`there is no engine ${name}`);
  return engine;
}

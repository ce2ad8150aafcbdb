/** The engines that there are. Nothing else of an engine is seen from outside. */
import type { Engine } from './engine.js';

/** An engine is loaded only where it is used: most processes use one, and every start would wait for the others. */
const LOADERS: Readonly<Record<string, () => Promise<Engine>>> = {
  v86: async () => new (await import('./v86/engine.js')).V86Engine(),
  qemu: async () => new (await import('./qemu/engine.js')).QemuEngine(),
};

const loaded = new Map<string, Promise<Engine>>();

/** Every engine, whether it can run here or not. */
export async function engines(): Promise<readonly Engine[]> {
  return await Promise.all(Object.keys(LOADERS).map(engineNamed));
}

/** @param name checked by the machine spec already */
export async function engineNamed(name: string): Promise<Engine> {
  const load = LOADERS[name];
  if (load === undefined) throw new Error(`there is no engine ${name}`);
  const engine = loaded.get(name) ?? load();
  loaded.set(name, engine);
  return await engine;
}

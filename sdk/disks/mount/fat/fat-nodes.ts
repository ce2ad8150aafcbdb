/** The files that the kernel knows of by number, and what of them is open. */
import type { FatFile } from './fat-volume.js';

export const ROOT = 1;

export interface FatNode {
  readonly id: number;
  parent: number;
  name: string;
  directory: boolean;
  /** How often the kernel was told of it, less how often it forgot it. */
  known: number;
  /** How often it is open. */
  opened: number;
  /** What FatFs has open for it: closed while the file is renamed, and opened when it is asked for. */
  file: FatFile | null;
}

export class FatNodes {
  readonly #nodes = new Map<number, FatNode>();
  readonly #byName = new Map<string, FatNode>();
  #next = ROOT + 1;

  constructor() {
    this.#nodes.set(ROOT, made(ROOT, ROOT, '', true));
  }

  /** Undefined: the kernel was never told of it. */
  get(id: number): FatNode | undefined {
    return this.#nodes.get(id);
  }

  find(parent: number, name: string): FatNode | undefined {
    return this.#byName.get(keyOf(parent, name));
  }

  /** The node of a file that is there. */
  of(parent: number, { name, directory }: { name: string; directory: boolean }): FatNode {
    const found = this.find(parent, name);
    if (found !== undefined) return found;
    const node = made(this.#next++, parent, name, directory);
    this.#nodes.set(node.id, node);
    this.#byName.set(keyOf(parent, name), node);
    return node;
  }

  path(node: FatNode): string {
    if (node.id === ROOT) return '/';
    const names: string[] = [];
    for (let at: FatNode | undefined = node; at !== undefined && at.id !== ROOT; at = this.#nodes.get(at.parent)) {
      names.unshift(at.name);
    }
    return `/${names.join('/')}`;
  }

  pathOf(parent: FatNode, name: string): string {
    const path = this.path(parent);
    return path === '/' ? `/${name}` : `${path}/${name}`;
  }

  forget(id: number, times: number): void {
    const node = this.#nodes.get(id);
    if (node === undefined || id === ROOT) return;
    node.known -= times;
    // A child's path is found by its parents.
    const isParent = [...this.#nodes.values()].some((other) => other.parent === id && other.id !== id);
    if (node.known <= 0 && node.opened === 0 && node.file === null && !isParent) this.#drop(node);
  }

  move(node: FatNode, parent: number, name: string): void {
    this.#byName.delete(keyOf(node.parent, node.name));
    node.parent = parent;
    node.name = name;
    this.#byName.set(keyOf(parent, name), node);
  }

  /** It is no longer there under its name. */
  unname(node: FatNode): void {
    this.#byName.delete(keyOf(node.parent, node.name));
  }

  /** Closes what FatFs has open of it. */
  close(node: FatNode): void {
    const { file } = node;
    node.file = null;
    file?.close();
  }

  /** @returns every open node */
  open(): FatNode[] {
    return [...this.#nodes.values()].filter(({ file }) => file !== null);
  }

  /** The open nodes at a path or below. */
  below(node: FatNode): FatNode[] {
    return this.open().filter((one) => {
      for (let at: FatNode | undefined = one; at !== undefined; at = this.#nodes.get(at.parent)) {
        if (at === node) return true;
        if (at.id === ROOT) return false;
      }
      return false;
    });
  }

  #drop(node: FatNode): void {
    this.#nodes.delete(node.id);
    if (this.find(node.parent, node.name) === node) this.unname(node);
  }
}

function made(id: number, parent: number, name: string, directory: boolean): FatNode {
  return { id, parent, name, directory, known: 0, opened: 0, file: null };
}

/** FAT does not tell case apart. */
function keyOf(parent: number, name: string): string {
  return `${parent}/${name.toLowerCase()}`;
}

/**
 * The state of v86's JavaScript devices, captured whole. v86's own `get_state` leaves parts out (the ACPI timer's
 * offsets, bytes waiting in a UART or in the keyboard controller), so the objects themselves are walked: whatever a
 * device keeps is state, whether its author thought of it or not.
 *
 * A census right after the machine was built numbers every object that is reachable. Two machines of the same hardware
 * give the same census, so a captured value can refer to an object by its number, in another process too. Objects made
 * later (a queue that a reset replaced) are written out whole.
 */

type TypedArray =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array
  | Uint8ClampedArray;

/** A captured value: plain data. */
export type Value =
  | null
  | number
  | string
  | boolean
  /** An object, buffer or function of the census. */
  | { ref: number }
  /** Something that is kept elsewhere under this name (a disk). */
  | { external: string }
  /** What JSON cannot hold; `memory` stands for a view into the machine's memory, which stays what it is. */
  | { special: 'NaN' | 'Infinity' | '-Infinity' | '-0' | 'undefined' | 'memory' }
  | { typed: string; bytes: Uint8Array }
  | { list: Value[] }
  | { record: Record<string, Value>; like: number | null }
  | { map: [Value, Value][] }
  | { set: Value[] };

/** One object of the census, as it is now. */
export type Content =
  | { kind: 'object'; fields: Record<string, Value> }
  | { kind: 'array'; items: Value[] }
  | { kind: 'buffer'; bytes: Uint8Array }
  | { kind: 'map'; entries: [Value, Value][] }
  | { kind: 'set'; items: Value[] }
  | { kind: 'opaque' };

export interface GraphState {
  contents: Content[];
}

export interface GraphOptions {
  /** Objects that are not looked into (the CPU, the bus, DOM adapters): they are referred to but never captured. */
  opaque: readonly object[];
  /** Views into this buffer are captured elsewhere. */
  isMachineMemory: (buffer: ArrayBufferLike) => boolean;
  /** Names what is captured elsewhere; `null` for everything else. */
  nameExternal: (object: object) => string | null;
  findExternal: (name: string) => object;
}

export class ObjectGraph {
  readonly #objects: object[] = [];
  readonly #numbers = new Map<object, number>();
  readonly #opaque: Set<object>;
  readonly #isMachineMemory: (buffer: ArrayBufferLike) => boolean;
  readonly #options: GraphOptions;
  /** Census number of an object with a given prototype: makes new objects of that class. */
  readonly #prototypes = new Map<object, number>();

  constructor(roots: Record<string, object>, options: GraphOptions) {
    this.#opaque = new Set(options.opaque);
    this.#isMachineMemory = options.isMachineMemory;
    this.#options = options;
    this.#count(roots);
  }

  /** How many objects there are. */
  get size(): number {
    return this.#objects.length;
  }

  #count(root: object): void {
    const queue: object[] = [root];
    this.#number(root);
    for (let object = queue.shift(); object !== undefined; object = queue.shift()) {
      if (this.#opaque.has(object) || typeof object === 'function') continue;
      for (const child of childrenOf(object)) {
        if (!isObject(child) || this.#numbers.has(child)) continue;
        if (ArrayBuffer.isView(child) && this.#isMachineMemory(child.buffer)) continue;
        if (this.#options.nameExternal(child) !== null) continue;
        this.#number(child);
        queue.push(child);
      }
    }
  }

  #number(object: object): void {
    const number = this.#objects.length;
    this.#numbers.set(object, number);
    this.#objects.push(object);
    const prototype = Object.getPrototypeOf(object) as object | null;
    if (prototype !== null && !this.#prototypes.has(prototype)) this.#prototypes.set(prototype, number);
  }

  capture(): GraphState {
    return { contents: this.#objects.map((object, number) => this.#contentOf(object, number)) };
  }

  #contentOf(object: object, number: number): Content {
    if (this.#opaque.has(object) || typeof object === 'function') return { kind: 'opaque' };
    if (object instanceof ArrayBuffer) return { kind: 'buffer', bytes: new Uint8Array(object).slice() };
    // The bytes of a view are its buffer's, which is in the census too.
    if (ArrayBuffer.isView(object)) return { kind: 'opaque' };
    const where = `object ${number}`;
    if (Array.isArray(object)) return { kind: 'array', items: object.map((item) => this.#valueOf(item, where)) };
    if (object instanceof Map) {
      return { kind: 'map', entries: [...object].map(([k, v]) => [this.#valueOf(k, where), this.#valueOf(v, where)]) };
    }
    if (object instanceof Set) return { kind: 'set', items: [...object].map((item) => this.#valueOf(item, where)) };
    return { kind: 'object', fields: this.#fieldsOf(object) };
  }

  #fieldsOf(object: object): Record<string, Value> {
    const fields: Record<string, Value> = {};
    for (const [name, value] of Object.entries(object)) fields[name] = this.#valueOf(value, name);
    return fields;
  }

  #valueOf(value: unknown, where: string): Value {
    if (value === undefined) return { special: 'undefined' };
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
    if (typeof value === 'number') return plainNumber(value);
    if (!isObject(value)) throw new Error(`${where}: a ${typeof value} cannot be captured`);
    const number = this.#numbers.get(value);
    if (number !== undefined) return { ref: number };
    const external = this.#options.nameExternal(value);
    if (external !== null) return { external };
    if (typeof value === 'function') throw new Error(`${where}: a function made after the start cannot be captured`);
    if (ArrayBuffer.isView(value)) {
      if (this.#isMachineMemory(value.buffer)) return { special: 'memory' };
      if (value instanceof DataView) throw new Error(`${where}: a DataView cannot be captured`);
      const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice();
      return { typed: value.constructor.name, bytes };
    }
    if (Array.isArray(value)) return { list: value.map((item) => this.#valueOf(item, where)) };
    if (value instanceof Map) {
      return { map: [...value].map(([k, v]) => [this.#valueOf(k, where), this.#valueOf(v, where)]) };
    }
    if (value instanceof Set) return { set: [...value].map((item) => this.#valueOf(item, where)) };
    const prototype = Object.getPrototypeOf(value) as object | null;
    const like = prototype === null || prototype === Object.prototype ? null : this.#prototypes.get(prototype);
    if (like === undefined) throw new Error(`${where}: an object of an unknown class cannot be captured`);
    return { record: this.#fieldsOf(value), like };
  }

  /** Puts every object of the census back to what it was. @throws Error when the state is of another census */
  restore(state: GraphState): void {
    if (state.contents.length !== this.#objects.length) {
      throw new Error(`the state has ${state.contents.length} objects, this machine ${this.#objects.length}`);
    }
    for (const [number, content] of state.contents.entries()) {
      const object = this.#objects[number];
      if (object !== undefined) this.#restoreOne(object, content);
    }
  }

  #restoreOne(object: object, content: Content): void {
    switch (content.kind) {
      case 'opaque':
        return;
      case 'buffer':
        new Uint8Array(object as ArrayBuffer).set(content.bytes);
        return;
      case 'array': {
        const array = object as unknown[];
        array.length = content.items.length;
        for (const [i, item] of content.items.entries()) {
          const value = this.#revive(item, array[i]);
          if (array[i] !== value) array[i] = value;
        }
        return;
      }
      case 'map': {
        const map = object as Map<unknown, unknown>;
        map.clear();
        for (const [key, value] of content.entries)
          map.set(this.#revive(key, undefined), this.#revive(value, undefined));
        return;
      }
      case 'set': {
        const set = object as Set<unknown>;
        set.clear();
        for (const item of content.items) set.add(this.#revive(item, undefined));
        return;
      }
      case 'object': {
        const target = object as Record<string, unknown>;
        for (const name of Object.keys(target)) if (!(name in content.fields)) Reflect.deleteProperty(target, name);
        for (const [name, field] of Object.entries(content.fields)) {
          const value = this.#revive(field, target[name]);
          if (!Object.is(target[name], value)) target[name] = value;
        }
      }
    }
  }

  /** @param now the present value: a view into the machine's memory stays what it is */
  #revive(value: Value, now: unknown): unknown {
    if (value === null || typeof value !== 'object') return value;
    if ('ref' in value) {
      const object = this.#objects[value.ref];
      if (object === undefined) throw new Error(`the state refers to an unknown object ${value.ref}`);
      return object;
    }
    if ('external' in value) return this.#options.findExternal(value.external);
    if ('special' in value) {
      if (value.special === 'memory') return now;
      return value.special === 'undefined' ? undefined : Number(value.special);
    }
    if ('typed' in value) return makeTyped(value.typed, value.bytes);
    if ('list' in value) return value.list.map((item) => this.#revive(item, undefined));
    if ('map' in value) {
      return new Map(value.map.map(([k, v]) => [this.#revive(k, undefined), this.#revive(v, undefined)]));
    }
    if ('set' in value) return new Set(value.set.map((item) => this.#revive(item, undefined)));
    const model = value.like === null ? {} : this.#objects[value.like];
    if (model === undefined) throw new Error('the state has an object of an unknown class');
    const made = Object.create(Object.getPrototypeOf(model) as object | null) as Record<string, unknown>;
    for (const [name, field] of Object.entries(value.record)) made[name] = this.#revive(field, undefined);
    return made;
  }
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

function childrenOf(object: object): unknown[] {
  if (object instanceof ArrayBuffer) return [];
  if (ArrayBuffer.isView(object)) return [object.buffer];
  if (Array.isArray(object)) return object;
  if (object instanceof Map) return [...object].flat();
  if (object instanceof Set) return [...object];
  return Object.values(object);
}

function plainNumber(value: number): Value {
  if (Number.isFinite(value)) return Object.is(value, -0) ? { special: '-0' } : value;
  return { special: Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity' };
}

const TYPED: Record<string, new (buffer: ArrayBuffer) => TypedArray> = {
  Uint8Array,
  Int8Array,
  Uint16Array,
  Int16Array,
  Uint32Array,
  Int32Array,
  Float32Array,
  Float64Array,
  Uint8ClampedArray,
};

function makeTyped(name: string, bytes: Uint8Array): TypedArray {
  const make = TYPED[name];
  if (make === undefined) throw new Error(`the state has an array of the unknown type ${name}`);
  return new make(bytes.slice().buffer);
}

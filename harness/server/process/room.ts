/** The room on the file system that a machine's folder is on: where there is none, it says so and how full that is. */
import { stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Stall } from '../../../sdk/engines/stalled.js';
import { GuestwrightError } from '../../../sdk/errors.js';
import { isFull } from '../../../sdk/snapshots/failures.js';

const MB = 2 ** 20;

export interface RoomParts {
  /** Of the machine. */
  folder: string;
  name: string;
  onEvent: (kind: string, detail: string | null) => void;
}

export class Room {
  readonly #parts: RoomParts;
  /** Most bytes that were free when there was no room. */
  #freeThen = 0;

  constructor(parts: RoomParts) {
    this.#parts = parts;
  }

  /** An error for whoever asked for what failed. That there was no room for it is told to all. */
  async explain(error: unknown): Promise<unknown> {
    if (!isNoRoom(error)) return error;
    return noRoom(this.#parts.name, error, await this.lacked(error.message));
  }

  /** There was none for this: the event `disk-full`. @returns which file system that is, and how full */
  async lacked(what: string): Promise<string> {
    const room = await this.#words();
    this.#parts.onEvent('disk-full', `${what}; ${room}`);
    return room;
  }

  /** A write of the guest's failed. @param file of the disk @returns why it stands */
  async stalled({ disk, full, detail }: Stall, file: string): Promise<string> {
    const what = `${disk === null ? 'a disk' : `disk ${disk} (${file})`}: ${detail}`;
    const words = full ? `${what}; ${await this.#words()}` : what;
    this.#parts.onEvent(full ? 'disk-full' : 'disk-error', words);
    return words;
  }

  /** Whether there is more than when there was none. */
  async hasGrown(): Promise<boolean> {
    return (await this.#free()).free > this.#freeThen;
  }

  async #words(): Promise<string> {
    const { free, size } = await this.#free();
    this.#freeThen = Math.max(this.#freeThen, free);
    return `${await this.#mountPoint()} has ${wordBytes(free)} free of ${wordBytes(size)}`;
  }

  async #free(): Promise<{ free: number; size: number }> {
    const { bavail, blocks, bsize } = await statfs(this.#parts.folder);
    return { free: bavail * bsize, size: blocks * bsize };
  }

  /** The folder at which the file system begins. */
  async #mountPoint(): Promise<string> {
    const { folder } = this.#parts;
    const { dev } = await stat(folder);
    let at = folder;
    for (let up = dirname(at); up !== at && (await stat(up)).dev === dev; up = dirname(up)) at = up;
    return at;
  }
}

/** Whether it failed because the host had no room. */
export function isNoRoom(error: unknown): error is Error {
  return isFull(error) || (error instanceof GuestwrightError && error.code === 'disk-full');
}

function noRoom(machine: string, error: Error, room: string): GuestwrightError {
  return new GuestwrightError(`The host has no room for ${machine}: ${room}`, {
    kind: 'infrastructure',
    code: 'disk-full',
    expected: 'room on the file system that its folder is on',
    seen: (error instanceof GuestwrightError ? error.failure.seen : null) ?? error.message,
    next: 'make room, and do it again: nothing of the machine was lost',
  });
}

function wordBytes(bytes: number): string {
  return `${(bytes / MB).toFixed(bytes < 10 * MB ? 1 : 0)} MB`;
}

/** What `guestwright machine` does with a host, and prints of it. */
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { GuestwrightError } from '../../../sdk/errors.js';
import { HostClient, type CallOf, type HostTask } from '../../server/api/client.js';
import { followEvents } from '../../server/api/follow-events.js';
import { reachOf } from '../../server/host/default-folder.js';
import type { HostEvent } from '../../server/host/events.js';
import type { Handling } from '../../server/process/protocol.js';
import { wordHost, wordTask } from './word-host.js';

type Options = Readonly<Record<string, string | boolean | undefined>>;
type TaskCall = 'startMachine' | 'saveMachine' | 'powerOffMachine' | 'commitChanges';
type PlainCall =
  'discardChanges' | 'pauseMachine' | 'resumeMachine' | 'resetMachine' | 'discardState' | 'unregisterMachine';
type Settings = CallOf<'createMachine'>['body']['settings'];

const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** @throws GuestwrightError `usage/host-token-missing`, `infrastructure/host-unreachable` */
export async function hostClient(options: { host?: string }): Promise<HostClient> {
  const { url, token } = await reachOf(options.host);
  return new HostClient(url, token);
}

/** @throws GuestwrightError as {@link hostClient} */
export async function hostCall(options: { host?: string }): Promise<HostCall> {
  return new HostCall(await hostClient(options));
}

export class HostCall {
  readonly #client: HostClient;

  constructor(client: HostClient) {
    this.#client = client;
  }

  async list({ json }: Options = {}): Promise<void> {
    const machines = await this.#client.call('listMachines', {});
    if (json === true) {
      print(JSON.stringify(machines, null, 2));
      return;
    }
    if (machines.length === 0) print('This host has no machine: guestwright machine create');
    for (const { name, state, engine, detail } of machines) {
      print(`${name.padEnd(20)} ${state.padEnd(12)} ${engine.padEnd(5)} ${detail ?? ''}`.trimEnd());
    }
  }

  async create(name: string, spec: Record<string, unknown>, settings: Settings): Promise<void> {
    await this.#client.call('createMachine', { body: { name, spec, ...(settings === undefined ? {} : { settings }) } });
    print(`${name} was created.`);
  }

  /** @param spec fields to change; the rest of its hardware stays as it is */
  async configure(name: string, spec: Record<string, unknown>, settings: Settings): Promise<void> {
    const params = { name };
    const change = Object.keys(spec).length === 0 ? {} : { spec: { ...(await this.#specOf(name)), ...spec } };
    await this.#client.call('configureMachine', { params, body: { ...settings, ...change } });
  }

  async #specOf(name: string): Promise<Record<string, unknown>> {
    return (await this.#client.call('describeMachine', { params: { name } })).config.spec;
  }

  /** @param medium null: none */
  async insert(name: string, drive: string, medium: string | null): Promise<void> {
    const body = { drive: drive as 'cdrom0' | 'floppy0', medium };
    await this.#client.call('changeMedium', { params: { name }, body });
  }

  async info(name: string): Promise<void> {
    print(JSON.stringify(await this.#client.call('describeMachine', { params: { name } }), null, 2));
  }

  async task(call: TaskCall, name: string): Promise<void> {
    await this.#finish(await this.#client.call(call, { params: { name } }));
  }

  async shutdown(name: string, { limit }: Options): Promise<void> {
    const body = typeof limit === 'string' ? { limit: Number(limit) } : {};
    await this.#finish(await this.#client.call('shutdownMachine', { params: { name }, body }));
  }

  async plain(call: PlainCall, name: string): Promise<void> {
    await this.#client.call(call, { params: { name } });
  }

  async snapshot(name: string, snapshot: string): Promise<void> {
    await this.#finish(await this.#client.call('takeSnapshot', { params: { name }, body: { name: snapshot } }));
  }

  async revert(name: string, snapshot: string): Promise<void> {
    await this.#finish(await this.#client.call('revertToSnapshot', { params: { name, snapshot } }));
  }

  async removeSnapshot(name: string, snapshot: string): Promise<void> {
    await this.#client.call('removeSnapshot', { params: { name, snapshot } });
  }

  async clone(name: string, to: string, { snapshot, linked }: Options): Promise<void> {
    const body = { to, linked: linked === true, ...(typeof snapshot === 'string' ? { snapshot } : {}) };
    await this.#finish(await this.#client.call('cloneMachine', { params: { name }, body }));
  }

  async rename(name: string, to: string): Promise<void> {
    await this.#client.call('renameMachine', { params: { name }, body: { to } });
  }

  async handle(name: string, handling: Handling): Promise<void> {
    await this.#client.call('handle', { params: { name }, body: handling });
  }

  async control(name: string, { take, release, force }: Options): Promise<void> {
    const params = { name };
    const forced = force === true;
    const { holder, since } =
      take === true
        ? await this.#client.call('takeControl', { params, body: { force: forced } })
        : release === true
          ? await this.#client.call('releaseControl', { params, query: { force: String(forced) } })
          : await this.#client.call('describeControl', { params });
    const through = holder?.viewer == null ? '' : ', through one viewer';
    print(
      holder === null
        ? `Nobody has control of ${name}.`
        : `${holder.by} has control of ${name}${through}, since ${since ?? '?'}.`,
    );
  }

  async screen(name: string, { output }: Options): Promise<void> {
    const { png, rows, width, height } = await this.#client.call('look', { params: { name } });
    if (typeof output === 'string') {
      await writeFile(output, Buffer.from(png, 'base64'));
      print(`${output}: ${width}x${height}`);
    } else if (rows === null) {
      throw new GuestwrightError(`${name} is in a graphic mode`, {
        kind: 'usage',
        code: 'screen-graphic',
        expected: 'a text screen, to be printed',
        seen: `${width}x${height} pixels`,
        next: 'write a picture with --output screen.png',
      });
    } else {
      print(printable(rows.join('\n').trimEnd()));
    }
  }

  async register(folder: string): Promise<void> {
    const { name } = await this.#client.call('registerMachine', { body: { folder: resolve(folder) } });
    print(`${name} is a machine of this host now.`);
  }

  async delete(name: string, { yes }: Options): Promise<void> {
    const files = await this.#client.call('wouldRemove', { params: { name } });
    if (yes !== true) {
      for (const { path, bytes } of files) print(`${path}  ${bytes} bytes`);
      throw new GuestwrightError(`${name} was not deleted`, {
        kind: 'usage',
        code: 'not-confirmed',
        expected: '--yes',
        seen:
          files.length === 0 ? 'a registered machine, whose folder would stay' : `${files.length} files, listed above`,
        next: `guestwright machine delete ${name} --yes`,
      });
    }
    await this.#client.call('deleteMachine', { params: { name } });
    print(`${name} was deleted.`);
  }

  async events({ machine, text, json, follow }: Options): Promise<void> {
    const query = {
      ...(typeof machine === 'string' ? { machine } : {}),
      ...(typeof text === 'string' ? { text } : {}),
    };
    if (follow === true) {
      await followEvents(this.#client, query, (event) =>
        print(json === true ? JSON.stringify(event) : wordEvent(event)),
      );
      return;
    }
    const events = await this.#client.call('searchEvents', { query });
    if (json === true) print(JSON.stringify(events, null, 2));
    for (const event of json === true ? [] : events) print(wordEvent(event));
  }

  async host({ json }: Options): Promise<void> {
    const status = await this.#client.call('describeHost', {});
    for (const line of json === true ? [JSON.stringify(status, null, 2)] : wordHost(status)) print(line);
  }

  async tasks({ json }: Options): Promise<void> {
    const tasks = await this.#client.call('listTasks', {});
    if (json === true) print(JSON.stringify(tasks, null, 2));
    for (const task of json === true ? [] : tasks) print(printable(wordTask(task)));
  }

  async cancel(task: string): Promise<void> {
    await this.#client.call('cancelTask', { params: { task } });
  }

  /** Progress, for what takes longer than two seconds. */
  async #finish(task: HostTask): Promise<void> {
    await this.#client.finish(task, ({ state, step, progress, kind }) => {
      if (state !== 'running') return;
      const share = progress === null ? '' : ` ${Math.round(progress * 100)} %`;
      process.stderr.write(`${step ?? kind}${share} …\n`);
    });
  }
}

function wordEvent({ at, machine, kind, by, detail }: HostEvent): string {
  const whose = by === null ? '' : ` by ${by}`;
  return printable(`${at}  ${(machine ?? 'host').padEnd(20)} ${kind}${whose}${detail === null ? '' : `  ${detail}`}`);
}

/** What a guest has on its screen may be anything: no terminal does what it says. */
function printable(text: string): string {
  return text.replace(/[^\P{Cc}\n]/gu, '\u{FFFD}');
}

/** The machine's end of a drive: carries out what a scenario asks of an engine's machine. */
import type { EngineMachine, Input } from '../../../sdk/engines/engine.js';
import { removableMedia } from '../../../sdk/machine/hardware.js';
import type { MachineSpec } from '../../../sdk/machine/spec.js';
import { encodeScreen } from '../../../sdk/snapshots/screen-codec.js';
import { fromJson, toJson } from '../bytes-json.js';
import { driveRequest, type DriveRequest, type SentInput } from './requests.js';

/**
 * @param text a request, as JSON (see `requests.ts`): from outside, and checked here
 * @returns `{ now, value }`, as JSON
 * @throws ZodError, and what the engine throws
 */
export async function drive(machine: EngineMachine, spec: MachineSpec, text: string): Promise<string> {
  const value = await carryOut(machine, spec, driveRequest.parse(fromJson(text)));
  return toJson({ now: machine.now, value: value ?? null });
}

async function carryOut(machine: EngineMachine, spec: MachineSpec, request: DriveRequest): Promise<unknown> {
  switch (request.call) {
    case 'input':
      return await machine.input(await inputOf(request.input, spec));
    case 'advance':
      return await machine.advance({ limit: request.limit, stopOn: request.stopOn });
    case 'observe': {
      const { question } = request;
      if (question.kind === 'screen') return encodeScreen(await machine.observe({ kind: 'screen' }));
      return await machine.observe(question);
    }
    case 'save':
      return await machine.save();
    case 'restore':
      await machine.restore(request.id);
      return null;
    case 'forget':
      await machine.forget(request.id);
      return null;
  }
}

async function inputOf(sent: SentInput, spec: MachineSpec): Promise<Input> {
  if (sent.kind !== 'power') return withoutUndefined(sent);
  if (sent.action !== 'on') return { kind: 'power', action: sent.action };
  const { floppy, cdrom, boot } = spec;
  return { kind: 'power', action: 'on', media: await removableMedia({ floppy, cdrom, boot }, spec) };
}

function withoutUndefined(sent: Exclude<SentInput, { kind: 'power' }>): Input {
  if (sent.kind !== 'serial') return sent;
  const { device, ...rest } = sent;
  return device === undefined ? rest : { ...rest, device };
}

/** A recording as the text of a scenario. */
import type { MachineSpecInput } from '../../sdk/machine/spec.js';
import type { Region } from '../../sdk/screen/content.js';
import type { Act, ShownText } from './acts.js';

export interface ScenarioWords {
  title: string;
  /** Name of the guest; null: the spec says all. */
  guest: string | null;
  /** Fields of the machine over those of the guest. */
  machineSpec: MachineSpecInput | null;
  acts: readonly Act[];
}

/** Of the environment variable that a scenario takes what its user must not see in it from. */
export const SECRET_VARIABLE = 'GUEST_SECRET';

/** A file of TypeScript. */
export function wordScenario({ title, guest, machineSpec, acts }: ScenarioWords): string {
  const use = [
    ...(guest === null ? [] : [`guest: ${literal(guest)}`]),
    ...(machineSpec === null ? [] : [`machineSpec: ${plain(machineSpec)}`]),
  ].join(', ');
  const lines = acts.map((act) => `  ${wordAct(act)}`);
  // A test that uses nothing of its fixture would not start the machine.
  const body = lines.length === 0 ? ['  void machine;'] : lines;
  return [
    "import { expect, test } from 'guestwright';",
    '',
    `test.use({ ${use} });`,
    '',
    `test(${literal(title)}, async ({ machine }) => {`,
    ...body,
    '});',
    '',
  ].join('\n');
}

/** One line. */
export function wordAct(act: Act): string {
  switch (act.kind) {
    case 'type':
      return act.secret
        ? `await machine.keyboard.type(process.env.${SECRET_VARIABLE} ?? '', { secret: true });`
        : `await machine.keyboard.type(${literal(act.text)});`;
    case 'press':
      return `await machine.keyboard.press(${literal(act.chord)});`;
    case 'click-text': {
      const nth = act.nth === 0 ? '' : `.nth(${act.nth})`;
      return `await machine.screen.getByText(${literal(act.text)})${nth}.click();`;
    }
    case 'click': {
      const options = {
        ...(act.button === 'left' ? {} : { button: act.button }),
        ...(act.count === 1 ? {} : { count: act.count }),
      };
      const more = Object.keys(options).length === 0 ? '' : `, ${plain(options)}`;
      return `await machine.pointer.click(${act.x}, ${act.y}${more});`;
    }
    case 'drag':
      return `await machine.pointer.drag(${plain(act.from)}, ${plain(act.to)});`;
    case 'wheel':
      return `await machine.pointer.wheel(${act.dy});`;
    case 'wait':
    case 'expect':
      return wordShown(act);
    case 'golden':
      return wordGolden(act);
    case 'off':
      return 'await expect(machine).toBePoweredOff();';
  }
}

function wordShown({ text, exact, timeout }: ShownText): string {
  const options = { ...(exact ? { exact } : {}), ...(timeout === null ? {} : { timeout }) };
  const more = Object.keys(options).length === 0 ? '' : `, ${plain(options)}`;
  return `await expect(machine).toShowText(${literal(text)}${more});`;
}

function wordGolden({ name, clip, masks }: { name: string; clip: Region | null; masks: readonly Region[] }): string {
  const options = { ...(clip === null ? {} : { clip }), ...(masks.length === 0 ? {} : { mask: masks }) };
  const more = Object.keys(options).length === 0 ? '' : `, ${plain(options)}`;
  return `await expect(machine).toMatchGolden(${literal(name)}${more});`;
}

/** A string of TypeScript, on one line and of characters that can be seen. */
export function literal(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll(quote, `\\${quote}`)
    .replaceAll('\n', '\\n')
    .replaceAll('\t', '\\t');
  const shown = escaped.replaceAll(
    /[\p{Cc}\p{Cf}\u2028\u2029]/gu,
    (unit) => `\\u{${(unit.codePointAt(0) ?? 0).toString(16)}}`,
  );
  return `${quote}${shown}${quote}`;
}

/** Plain data as an expression. */
function plain(value: unknown): string {
  if (typeof value === 'string') return literal(value);
  if (Array.isArray(value)) return `[${value.map(plain).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return groupDigits(value);
  const fields = Object.entries(value).flatMap(([key, field]) =>
    field === undefined ? [] : [`${/^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(key) ? key : literal(key)}: ${plain(field)}`],
  );
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
}

/** `60_000`, as people write it. */
function groupDigits(value: unknown): string {
  const text = String(value);
  return /^\d{5,}$/.test(text) ? text.replaceAll(/\B(?=(\d{3})+$)/g, '_') : text;
}

/** What a check found, and how findings are shown. */

/**
 * - `ok`: here and usable;
 * - `missing`: required and not here;
 * - `optional`: not here, and only some things need it.
 */
export type Status = 'ok' | 'missing' | 'optional';

export interface Finding {
  /** `node`, `engine v86`. */
  name: string;
  status: Status;
  /** What was seen, in one line. */
  detail: string;
  /** How to get what is missing: a command or an action. */
  next?: string;
}

export type Check = () => Promise<Finding>;

export function isComplete(findings: readonly Finding[]): boolean {
  return findings.every(({ status }) => status !== 'missing');
}

const MARKS: Record<Status, string> = { ok: 'ok', missing: 'MISSING', optional: 'optional' };

export function tableOf(findings: readonly Finding[]): string {
  const rows = findings.map(({ name, status, detail }) => [MARKS[status], name, detail] as const);
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = findings.flatMap(({ next }, index) => {
    const [mark = '', name = '', detail = ''] = rows[index] ?? [];
    const indent = ' '.repeat((widths[0] ?? 0) + (widths[1] ?? 0) + 4);
    const line = `${mark.padEnd(widths[0] ?? 0)}  ${name.padEnd(widths[1] ?? 0)}  ${detail.replaceAll('\n', `\n${indent}`)}`;
    return next === undefined ? [line] : [line, `${indent}-> ${next.replaceAll('\n', `\n${indent}   `)}`];
  });
  const missing = findings.filter(({ status }) => status === 'missing').map(({ name }) => name);
  const verdict =
    missing.length === 0 ? 'Everything that is required is here.' : `Missing, and required: ${missing.join(', ')}.`;
  return `${[...lines, '', verdict].join('\n')}\n`;
}

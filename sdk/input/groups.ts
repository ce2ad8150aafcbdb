/** The layouts that a machine's spec names, looked up. */
import type { MachineSpec } from '../machine/spec.js';
import { parseChord } from './keys.js';
import { layoutNamed, type LayoutGroups } from './layout.js';

/** @throws GuestwrightError `usage/unknown-key`, `usage/empty-key` for a toggle that is no chord */
export function groupsOf(layout: MachineSpec['layout']): LayoutGroups {
  if (typeof layout === 'string') return { groups: [layoutNamed(layout)], toggle: null };
  const [first = 'us', ...others] = layout.groups;
  const base = layoutNamed(first);
  return { groups: [base, ...others.map(layoutNamed)], toggle: parseChord(layout.toggle, base) };
}

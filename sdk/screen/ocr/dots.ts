/** Dotted rules: the focus frames of lists and buttons. They stand on text's ground, and would be read as bars. */
import type { Box } from './marks.js';

/** A dot's side at most, the distance from dot to dot at most, and how many of them make a rule. */
const DOT = 2;
const PITCH = 2;
/** A colon has two dots, an ellipsis three; leaders stand further apart. */
const LEAST_DOTS = 5;

/** The marks that are no dots of dotted rules. */
export function withoutDottedRules<M extends Box>(marks: readonly M[]): M[] {
  const dots = marks.filter(({ left, top, right, bottom }) => right - left <= DOT && bottom - top <= DOT);
  const ruled = new Set<M>([
    ...inRules(
      dots,
      ({ left }) => left,
      ({ top }) => top,
    ),
    ...inRules(
      dots,
      ({ top }) => top,
      ({ left }) => left,
    ),
  ]);
  return marks.filter((mark) => !ruled.has(mark));
}

/** The dots that follow each other closely on one line. @param line where that is @param along where on it */
function inRules<M extends Box>(dots: readonly M[], line: (dot: M) => number, along: (dot: M) => number): M[] {
  const ordered = [...dots].sort((a, b) => line(a) - line(b) || along(a) - along(b));
  const found: M[] = [];
  let rule: M[] = [];
  for (const dot of ordered) {
    const last = rule.at(-1);
    if (last === undefined || line(dot) !== line(last) || along(dot) - along(last) > PITCH) {
      if (rule.length >= LEAST_DOTS) found.push(...rule);
      rule = [];
    }
    rule.push(dot);
  }
  if (rule.length >= LEAST_DOTS) found.push(...rule);
  return found;
}

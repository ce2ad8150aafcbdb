/** Words for what is said of VHDs. */
import type { TableProblem } from './table-problems.js';

/** Characters of a name that are shown. */
const MOST_SHOWN = 200;

/** A name that an image gives, in quotes: it may hold anything, control characters of terminals too. */
export function showName(name: string): string {
  const cut = name.length > MOST_SHOWN ? `${name.slice(0, MOST_SHOWN)}…` : name;
  const shown = cut.replace(/[\p{C}\p{Z}]/gu, (character) =>
    character === ' ' ? character : `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
  return `"${shown}"`;
}

/** The rest of a sentence; where it is in the file is said besides. */
export function wordProblem(problem: TableProblem): string {
  switch (problem.kind) {
    case 'block-outside':
      return `block ${problem.block} is not within the file`;
    case 'block-in-structure':
      return `block ${problem.block} is where the ${problem.structure} is`;
    case 'block-duplicate':
      return `block ${problem.block} is where another block is`;
    case 'block-overlapping':
      return `block ${problem.block} overlaps another block`;
  }
}

/** What shapes mean: characters that look the same told apart by the rest of their word, and the order of scripts. */

const LETTER_OR_DIGIT = /[\p{L}\p{N}]/u;

/** Whether one of the characters is a letter or digit. */
export function isLetterOrDigit(characters: string): boolean {
  return LETTER_OR_DIGIT.test(characters);
}

/** Blocks of Unicode from the likeliest on a screen to the least likely; first and last code point. */
const LIKELIHOOD: readonly (readonly [number, number])[] = [
  [0x20, 0x7e],
  [0xa1, 0xff],
  [0x2500, 0x259f], // box drawing, blocks: before brackets' extensions, which look the same
  [0x100, 0x17f],
  [0x370, 0x4ff], // Greek, Cyrillic
  [0x5d0, 0x6ff], // Hebrew, Arabic
  [0x2190, 0x21ff],
  [0x2010, 0x205e],
  [0x3000, 0x9fff], // before the radicals at 0x2e80 and 0x2f00
  [0xac00, 0xd7a3],
];

function rank(code: number): number {
  const found = LIKELIHOOD.findIndex(([first, last]) => code >= first && code <= last);
  // Presentation and compatibility forms last.
  return found >= 0 ? found : code >= 0xf900 ? LIKELIHOOD.length + 1 : LIKELIHOOD.length;
}

/** The characters of one shape, the likeliest first. */
export function defaultOrder(characters: string): string {
  if (characters.length === 1) return characters;
  return [...new Set(characters)]
    .sort((a, b) => rank(a.charCodeAt(0)) - rank(b.charCodeAt(0)) || a.charCodeAt(0) - b.charCodeAt(0))
    .join('');
}

/** Scripts that share shapes: ranges of code points by script. */
const SCRIPTS: readonly (readonly (readonly [number, number])[])[] = [
  [
    [0x41, 0x5a],
    [0x61, 0x7a],
    [0xc0, 0x24f],
    [0x1e00, 0x1eff],
  ],
  [
    [0x370, 0x3ff],
    [0x1f00, 0x1fff],
  ],
  [[0x400, 0x52f]],
];
const LATIN = 0;

function scriptOf(character: string): number {
  const code = character.charCodeAt(0);
  return SCRIPTS.findIndex((ranges) => ranges.some(([first, last]) => code >= first && code <= last));
}

/** Whether characters of one shape say something about those around them: no Latin ones among them, or right-to-left. */
export function needsContext(characters: string): boolean {
  let script = false;
  for (let i = 0; i < characters.length; i++) {
    const found = scriptOf(characters.charAt(i));
    if (found === LATIN) return false;
    if (found > LATIN) script = true;
  }
  return script || RIGHT_TO_LEFT.test(characters);
}

/**
 * Tells characters that look the same apart by those of their word that do not: `Беларуская` has Cyrillic letters that
 * no Latin letter looks like. A word with none such is Latin.
 * @param choices for each place what its shape can mean, the likeliest first; blanks part words
 */
export function chooseByWord(choices: readonly string[]): string[] {
  const chosen = choices.map((choice) => choice.charAt(0));
  for (let start = 0; start < choices.length;) {
    if (choices[start] === ' ') {
      start++;
      continue;
    }
    let end = start;
    while (end < choices.length && choices[end] !== ' ') end++;
    const script = scriptOfWord(choices.slice(start, end));
    for (let i = start; script !== LATIN && i < end; i++) {
      const fitting = Array.from(choices[i] ?? '').find((character) => scriptOf(character) === script);
      if (fitting !== undefined) chosen[i] = fitting;
    }
    start = end;
  }
  return chosen;
}

function scriptOfWord(word: readonly string[]): number {
  const votes = SCRIPTS.map(() => 0);
  for (const choice of word) {
    const scripts = new Set(Array.from(choice, scriptOf).filter((script) => script >= 0));
    // What could be Latin says nothing against Latin; what could not be anything else says everything.
    if (scripts.size !== 1) continue;
    for (const script of scripts) votes[script] = (votes[script] ?? 0) + 1;
  }
  const most = Math.max(...votes);
  return most === 0 ? LATIN : votes.indexOf(most);
}

const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;
const BETWEEN = /[\s\d.,:;/\-–]/;
const PRESENTATION_FORM = /[\ufb1d-\ufdff\ufe70-\ufefc]/;

/**
 * Puts stretches of Hebrew and Arabic, which are drawn from right to left, into the order in which they are read, and
 * takes the letters for their presentation forms (`ﻋ` is `ع`). Numbers among them keep their order.
 */
export function toReadingOrder(drawn: string[]): string[] {
  if (!drawn.some((character) => RIGHT_TO_LEFT.test(character))) return drawn;
  const read = drawn.slice();
  for (let start = 0; start < read.length; start++) {
    if (!RIGHT_TO_LEFT.test(read[start] ?? '')) continue;
    let end = start + 1;
    for (let i = end; i < read.length; i++) {
      const character = read[i] ?? '';
      if (RIGHT_TO_LEFT.test(character)) end = i + 1;
      else if (!BETWEEN.test(character)) break;
    }
    const stretch = read.slice(start, end).reverse().map(plainForm);
    keepNumbers(stretch);
    read.splice(start, end - start, ...stretch);
    start = end - 1;
  }
  return read;
}

function plainForm(character: string): string {
  return PRESENTATION_FORM.test(character) ? character.normalize('NFKC') : character;
}

function keepNumbers(stretch: string[]): void {
  for (let start = 0; start < stretch.length; start++) {
    let end = start;
    while (end < stretch.length && /\d/.test(stretch[end] ?? '')) end++;
    if (end - start > 1) stretch.splice(start, end - start, ...stretch.slice(start, end).reverse());
    start = Math.max(start, end);
  }
}

/** Questions to the person at the terminal. */
import { createInterface } from 'node:readline/promises';

/** Asks until the answer is one of the choices, or its first letter. The end of the input means the last choice. */
export type Ask = <T extends string>(question: string, choices: readonly [T, ...T[]]) => Promise<T>;

/** Null when nobody is there to ask: the input or the output is no terminal. */
export function askTerminal(
  input: NodeJS.ReadStream = process.stdin,
  output: NodeJS.WriteStream = process.stdout,
): Ask | null {
  if (!input.isTTY || !output.isTTY) return null;
  return async (question, choices) => {
    const last = choices.at(-1) ?? choices[0];
    const reader = createInterface({ input, output });
    const closed = new Promise<null>((done) => reader.once('close', () => done(null)));
    try {
      for (;;) {
        const typed = await Promise.race([reader.question(`${question} (${choices.join('/')}) `), closed]);
        if (typed === null) return last;
        const answer = matchAnswer(typed, choices);
        if (answer !== null) return answer;
      }
    } finally {
      reader.close();
    }
  };
}

/** The choice that was typed, whole or by its first letters; null when it is none. */
export function matchAnswer<T extends string>(typed: string, choices: readonly T[]): T | null {
  const answer = typed.trim().toLowerCase();
  if (answer === '') return null;
  const found = choices.filter((choice) => choice.startsWith(answer));
  return found.length === 1 ? (found[0] ?? null) : null;
}

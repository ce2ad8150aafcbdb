/** Which of several things is on the screen. */
import type { Frame } from '../screen/frame.js';
import type { Choice, GoldenLocator, Screen, TextLocator } from './types.js';

/** The first of the choices that is there; undefined when none is. */
export async function chooseOf<Name extends string>(
  screen: Pick<Screen, 'getByText'>,
  choices: Record<Name, Choice>,
  frame: Frame,
): Promise<Name | undefined> {
  for (const name of Object.keys(choices) as Name[]) {
    if ((await locatorOf(screen, choices[name]).look(frame)).length > 0) return name;
  }
  return undefined;
}

export function locatorOf(screen: Pick<Screen, 'getByText'>, choice: Choice): TextLocator | GoldenLocator {
  return typeof choice === 'string' || choice instanceof RegExp ? screen.getByText(choice) : choice;
}

/** `login ("login:"), panic (/panic/)`. */
export function wordChoices(choices: Record<string, Choice>): string {
  return Object.entries(choices)
    .map(([name, choice]) => `${name} (${typeof choice === 'string' ? JSON.stringify(choice) : choice.toString()})`)
    .join(', ');
}

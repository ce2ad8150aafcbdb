/** What a guest has printed, for people. */

/** Without what a terminal would do with it. */
export function readable(output: string): string {
  return output.replaceAll(/\u001b(?:\[[0-?]*[ -/]*[@-~]|[@-Z\\-_])/g, '').replaceAll(/[^\P{Cc}\n\t]/gu, '');
}

import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Files that take longest go first, so that the last ones to end are short: a fresh clone knows no earlier times.
 *
 * @param longest parts of file names, the longest first
 */
export function longestFirst(longest: readonly string[]): typeof BaseSequencer {
  return class extends BaseSequencer {
    override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
      const rank = ({ moduleId }: TestSpecification) => {
        const place = longest.findIndex((part) => moduleId.includes(part));
        return place < 0 ? longest.length : place;
      };
      return [...files].sort((a, b) => rank(a) - rank(b));
    }
  };
}

/** GitHub's own parser of workflows, with GitHub's schema. */
import { register } from 'node:module';

// The package imports JSON without saying so, which Node refuses and bundlers take.
const HOOKS = `
export const load = (url, context, next) =>
  next(url, url.endsWith('.json') ? { ...context, importAttributes: { type: 'json' } } : context);
`;
register(`data:text/javascript,${encodeURIComponent(HOOKS)}`);
const { NoOperationTraceWriter, parseWorkflow } = await import('@actions/workflow-parser');

/** What is wrong with a workflow, a sentence each. */
export function githubProblems(text: string): string[] {
  const { context } = parseWorkflow({ name: 'guestwright.yml', content: text }, new NoOperationTraceWriter());
  return context.errors.getErrors().map(({ message }) => message);
}

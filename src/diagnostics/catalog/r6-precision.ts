/** R6, precision: what the arithmetic of the model cannot tell apart. */
import { entry } from '../catalog-entry.ts';

export const PRECISION = {
  R6001: entry<{ margin: number; error: number }>({
    message: ({ margin, error }) => `the smallest margin ${margin} does not exceed the error bound ${error}`,
    help: () => 'a shorter context or a wider dtype gives a larger margin',
    explanation: 'Every decision that the model makes has to be wider than the error that its arithmetic can accumulate.',
    bad: { kind: 'text', text: 'a count over more positions than the dtype can tell apart' },
    good: { kind: 'text', text: 'the same program with a shorter context' },
  }),
} as const;

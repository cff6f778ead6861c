/** R6, precision: what the arithmetic of the model cannot tell apart. */
import { entry } from '../catalog-entry.ts';

export const PRECISION = {
  R6001: entry<{ what: string; error: number; allowed: number; dtype: string; context: number; longest: number | null }>({
    message: ({ what, error, allowed, dtype, context }) =>
      `at context ${context} the ${what} is not exact in ${dtype}: its error can reach ${error.toPrecision(3)}, and only ${Math.max(0, allowed).toPrecision(3)} is allowed`,
    help: ({ longest }) => [
      longest === null ? 'no shorter context holds either' : `the longest context that holds is ${longest}: \`--context ${longest}\``,
      '`--unproven` writes the model all the same, and marks it',
    ],
    explanation:
      'Every decision that the model makes (a step of its neurons, the best of its logits) has a margin, and every number it computes an error bound under float32 arithmetic. A program is compiled if no error can reach a margin, on any input up to the context length.',
    bad: {
      kind: 'program',
      source:
        '@vocab "ab";\n@context 100;\n@causal;\nf = aggregate(full_s, indicator(tokens == "a"));\nx = round(f * 10000) % 2;\n@export x;',
      stage: 'compile',
    },
    good: {
      kind: 'program',
      source: '@vocab "ab";\n@context 100;\n@causal;\nf = aggregate(full_s, indicator(tokens == "a"));\nx = f > 0.5;\n@export x;',
      stage: 'compile',
    },
  }),
} as const;

/** R6, precision: what the arithmetic of the model cannot tell apart. */
import { entry } from '../../catalog-entry.ts';

export const PRECISION = {
  R6001: entry<{
    what: string;
    /** What its bound comes to, at the least where `isLeast`. */
    error: number;
    isLeast: boolean;
    allowed: number;
    dtype: string;
    context: number;
    /** The longest context that is known to hold, and the shortest that is known not to. */
    longest: number | null;
    tooLong: number;
    others: readonly string[];
    /** With how much effort ways to encode the values would be tried that were given up; null where none was. */
    more: number | null;
  }>({
    message: ({ what, error, isLeast, allowed, dtype, context }) =>
      `at context ${context} the ${what} is not exact in ${dtype}: its error can ${Number.isFinite(error) ? `reach ${error.toPrecision(3)}${isLeast ? ' and more' : ''}` : 'be of any size'}, and only ${Math.max(0, allowed).toPrecision(3)} is allowed`,
    help: ({ longest, tooLong, others, more }) => [
      longest === null
        ? tooLong === 1
          ? 'no shorter context holds either'
          : 'a shorter context may hold: the model is too large to look for the longest'
        : tooLong === longest + 1
          ? `the longest context that holds is ${longest}: \`--context ${longest}\``
          : `context ${longest} holds and ${tooLong} does not: \`--context ${longest}\`; what lies between is too large to be tried`,
      ...(others.length === 0 ? [] : [`at this context it is exact with ${others.map((o) => `\`${o}\``).join(' or ')}`]),
      ...(more === null
        ? []
        : [`not every way to encode the values was tried, since that takes long: \`--effort ${more}\` tries more of them`]),
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
  R6002: entry<{ name: string; first: number; dtype: string; context: number }>({
    message: ({ name, first, dtype, context }) =>
      `at context ${context} the counts ${first} and ${first + 1} of \`${name}\` are the same number in ${dtype}`,
    help: () => ['shorten the context, or compute in f32: `--compute f32`'],
    explanation:
      'A head counts by sharing its attention between the selected keys and BOS. In half precision that share is rounded to a few hundred numbers, which is not enough for the counts of a long context.',
    bad: {
      kind: 'program',
      source: '@vocab "ab";\n@context 200;\n@causal;\nx = selector_width(select(tokens, tokens, ==));\n@export x;',
      stage: 'compile',
      arguments: ['--compute', 'bf16'],
    },
    good: {
      kind: 'program',
      source: '@vocab "ab";\n@context 16;\n@causal;\nx = selector_width(select(tokens, tokens, ==));\n@export x;',
      stage: 'compile',
      arguments: ['--compute', 'bf16'],
    },
  }),
  R6003: entry<{ target: string; dtype: string }>({
    message: ({ target, dtype }) => `no model of the family \`${target}\` is compiled for arithmetic in ${dtype}`,
    help: ({ dtype }) => [
      `\`--dtype ${dtype}\` alone stores weights in ${dtype} and computes in f32`,
      'the families `gpt2`, `llama` and `gpt-neox` are compiled for arithmetic in half precision',
    ],
    explanation:
      'The family norms what heads compare, or what sublayers write. raspc keeps that exact by a number that is far larger than all others, which half precision has no room for.',
    bad: { kind: 'text', text: '$ raspc compile programs/hist.rasp --target qwen3 --compute bf16 -o out/hist' },
    good: { kind: 'text', text: '$ raspc compile programs/hist.rasp --target qwen3 --dtype bf16 --compute f32 -o out/hist' },
  }),
} as const;

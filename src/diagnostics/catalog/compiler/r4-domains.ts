/** R4, domains: what a program can compute on some input, and what the compiler cannot find out about it. */

import { withCommas } from '../../../source/with-commas.ts';
import { entry } from '../../catalog-entry.ts';

/** An input on which the program itself fails, as text; null where none was found and none was ruled out. */
export interface FoundInput {
  readonly input: string | null;
}

const found = ({ input }: FoundInput) => (input === null ? 'may fail' : `fails on the input ${input}`);

const program = (source: string) => ({ kind: 'program', source, stage: 'compile' }) as const;

export const DOMAINS = {
  R4001: entry<object>({
    message: () => 'the vocabulary of this program is not known',
    help: () => 'add `@vocab "abc";` to the file, or give `--vocab`',
    explanation:
      'To compile a program, the compiler has to know which tokens an input may consist of: every fact about the values of the program follows from them.',
    bad: program('@context 8;\n@causal;\nx = tokens;\n@export x;'),
    good: program('@vocab "abc";\n@context 8;\n@causal;\nx = tokens;\n@export x;'),
  }),
  R4002: entry<{ open: 'any' | 'tokenizer' }>({
    message: ({ open }) =>
      `a program with ${open === 'any' ? 'an open vocabulary' : 'the vocabulary of a tokenizer'} cannot be a model of its own`,
    help: () => ['name the tokens with `@vocab "abc";` or `--vocab`', 'or seed it into a model that has a vocabulary, with `raspc seed`'],
    explanation:
      '`@vocab any` says that the program works with any tokens. A stand-alone model has an embedding with one row for each token, so it needs a list of them.',
    bad: program('@vocab any;\n@context 8;\n@causal;\nx = tokens;\n@export x;'),
    good: program('@vocab "abc";\n@context 8;\n@causal;\nx = tokens;\n@export x;'),
  }),
  R4003: entry<{ combinations: number; limit: number }>({
    message: ({ combinations, limit }) =>
      `this expression has too many combinations of values to enumerate: ${count(combinations)} (the limit is ${count(limit)})`,
    help: () => [
      'compute parts of it from fewer values first, or shorten the context with `@context`',
      'counts made with `selector_width` have few values; fractions have many',
    ],
    explanation:
      'A function of several s-ops is computed by neurons from all combinations of their values. Sums and differences of whole numbers are exempt: they need no neurons. Any other function has to be enumerable.',
    bad: program(
      '@vocab "ab";\n@context 200;\n@causal;\nf = aggregate(full_s, indicator(tokens == "a"));\ng = aggregate(select(tokens, tokens, ==), indicator(tokens == "b"));\nx = f * g;\n@export x;',
    ),
    good: program(
      '@vocab "ab";\n@context 200;\n@causal;\nf = aggregate(full_s, indicator(tokens == "a"));\ng = aggregate(full_s, indicator(tokens == "b"));\nx = f - g;\n@export x;',
    ),
  }),
  R4004: entry<{ keys: number; queries: number; limit: number }>({
    message: ({ keys, queries, limit }) =>
      `this selector compares too many values: ${count(keys)} of keys with ${count(queries)} of queries (the limit is ${count(limit)} pairs)`,
    help: () => 'compare values of which there are fewer: round a fraction first, or shorten the context with `@context`',
    explanation:
      'Which keys a query selects is a table over the values of both sides; a head realizes the table, so it has to be enumerable. A comparison by itself (`==`, `<`) of what was embedded or moved is known without its table, and has no limit.',
    bad: program(
      '@vocab "ab";\n@context 200;\n@causal;\nf = aggregate(full_s, indicator(tokens == "a"));\nx = selector_width(select(f, f, ==));\n@export x;',
    ),
    good: program(
      '@vocab "ab";\n@context 200;\n@causal;\nf = aggregate(full_s, indicator(tokens == "a"));\nx = selector_width(select(f > 0.5, f > 0.5, ==));\n@export x;',
    ),
  }),
  R4005: entry<FoundInput & { reason: string }>({
    message: (facts) => `this expression ${found(facts)}: ${facts.reason}`,
    help: ({ input }) =>
      input === null
        ? ['no input was found on which it does, and none could be ruled out', 'guard it so that it cannot fail: `a / (b if b > 0 else 1)`']
        : ['guard it so that it cannot fail: `a / (b if b > 0 else 1)`', 'both branches of a conditional are always evaluated'],
    explanation:
      'A program that fails on an input has no output there, and a model always has one. So a program is compiled only if it fails on no input up to the context length.',
    bad: program('@vocab "ab";\n@context 8;\n@causal;\nx = 1 / indices;\n@export x;'),
    good: program('@vocab "ab";\n@context 8;\n@causal;\nx = 1 / (indices + 1);\n@export x;'),
  }),
  R4006: entry<FoundInput & { what: string }>({
    message: ({ input, what }) =>
      input === null
        ? `this aggregate may average ${what}: that at most one position is selected could not be proven`
        : `this aggregate averages ${what} on the input ${input}`,
    help: ({ what }) => [
      'select one position with `rightmost(...)` or `leftmost(...)`',
      ...(what === 'bools' ? ['or average numbers: `indicator(...)` makes 0 and 1 of bools'] : []),
    ],
    explanation:
      'An aggregate over several selected positions is their mean, which only numbers have. Over strings and bools at most one position may be selected, on every input.',
    bad: program('@vocab "ab";\n@context 8;\n@causal;\nx = aggregate(select(tokens, tokens, ==), tokens);\n@export x;'),
    good: program('@vocab "ab";\n@context 8;\n@causal;\nx = aggregate(rightmost(select(tokens, tokens, ==)), tokens);\n@export x;'),
  }),
  R4007: entry<FoundInput & { types: string; isAggregate: boolean }>({
    message: (facts) => `the values of this sequence are of different types (${facts.types}): it ${found(facts)}`,
    help: ({ isAggregate }) =>
      isAggregate
        ? 'give an aggregate of strings a default that is a string: `aggregate(sel, tokens, "-")`'
        : 'write the values of every branch in one type: `"1" if c else "z"`, in place of `1 if c else "z"`',
    explanation:
      'A sequence holds strings or numbers, not both. The default of an aggregate is the int 0 unless another is given, and the branches of a choice may be of two types: a program that runs, as in the reference, while no input takes both of them.',
    bad: program('@vocab "ab";\n@context 8;\n@causal;\nx = aggregate(select(indices, indices - 1, ==), tokens);\n@export x;'),
    good: program('@vocab "ab";\n@context 8;\n@causal;\nx = aggregate(select(indices, indices - 1, ==), tokens, "-");\n@export x;'),
  }),
  R4008: entry<{ target: string }>({
    message: ({ target }) => `this selector can select positions to the right, which \`${target}\` does not see`,
    help: () => [
      'compile for a model that sees both ways: `--target bert`',
      'or restrict every selector to the positions so far, which is another program: `@causal;` in place of `@bidirectional;`, or `--causal`',
    ],
    explanation:
      'A causal model attends to the positions up to its own. A program for it is `@causal`, or each of its selectors is proven to select nothing to the right. No program is silently re-interpreted.',
    bad: program('@vocab "ab";\n@context 8;\nx = selector_width(select(tokens, tokens, ==));\n@export x;'),
    good: program('@vocab "ab";\n@context 8;\n@causal;\nx = selector_width(select(tokens, tokens, ==));\n@export x;'),
  }),
  R4009: entry<object>({
    message: () => 'nothing is exported',
    help: () => 'name the s-op to compile: `@export NAME;` in the file, or `--export NAME`',
    explanation: 'A compiled model computes the exported s-ops of a program, and nothing else.',
    bad: program('@vocab "ab";\n@context 8;\n@causal;\nx = tokens;'),
    good: program('@vocab "ab";\n@context 8;\n@causal;\nx = tokens;\n@export x;'),
  }),
  R4010: entry<{ form: string; got: string }>({
    message: ({ form, got }) => `\`${form}\` needs few enough numbers to tell apart, but here are ${got}`,
    help: () => [
      'round what is reduced, or give the program a smaller vocabulary or context',
      'a mean of any numbers is `aggregate(s, v)`',
    ],
    explanation:
      'A sum over selected positions is compiled to heads that count how many of them have which values, an extreme to heads that ask whether anything selected reaches a value. So the values have to be numbers, and few.',
    bad: program(
      '@vocab "ab";\n@context 24;\n@causal;\nf = aggregate(full_s, indicator(tokens == "a"));\nx = max_over(full_s, f);\n@export x;',
    ),
    good: program('@vocab "ab";\n@context 20;\n@causal;\nf = indicator(tokens == "a");\nx = max_over(full_s, f);\n@export x;'),
  }),
} as const;

/** Whole numbers with separated thousands; larger ones by their power of ten. */
function count(n: number): string {
  if (!Number.isFinite(n)) return 'infinitely many';
  return n < 1e15 ? withCommas(n) : `about 1e${Math.round(Math.log10(n))}`;
}

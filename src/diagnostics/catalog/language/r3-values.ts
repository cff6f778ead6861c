/** R3500 to R3999, values: what goes wrong on an input, or in a computation with plain numbers. */
import { entry } from '../../catalog-entry.ts';

const program = (source: string) => ({ kind: 'program', source, stage: 'check' }) as const;
const run = (source: string, input: string) => ({ kind: 'program', source, stage: 'run', arguments: ['--input', input] }) as const;

export const VALUES = {
  R3501: entry<{ types: readonly string[]; isAggregate: boolean }>({
    message: ({ types }) => `the values of this s-op have different types: ${types.join(' and ')}`,
    help: ({ types, isAggregate }) =>
      isAggregate && types.includes('string') && types.includes('int')
        ? 'an `aggregate` that selects nothing gives the int 0: add a default, `aggregate(s, v, "")`'
        : 'make them all strings, or all numbers and bools',
    explanation:
      'All values of an s-op are strings, or all are bools, or all are numbers (bools among ints count as ints). A common cause is an `aggregate` of strings without a default: where nothing is selected it gives the int 0.',
    bad: run('x = aggregate(select(indices, indices - 1, ==), tokens);\n@export x;', 'abc'),
    good: run('x = aggregate(select(indices, indices - 1, ==), tokens, "-");\n@export x;', 'abc'),
  }),
  R3502: entry<{ type: string; count: number }>({
    message: ({ type, count }) => `cannot average ${count} values that are ${type}s`,
    help: ({ type }) =>
      type === 'bool'
        ? '`indicator(…)` turns bools into 0 and 1'
        : 'select one position, as with `rightmost(s)` or `leftmost(s)`, which choose one of the selected positions',
    explanation:
      '`aggregate` takes the value of the one selected position as it is, and the mean where several are selected. Strings and bools have no mean. `rightmost(s)` and `leftmost(s)` keep one of the selected positions, and `indicator` turns bools into numbers.',
    bad: run('x = aggregate(full_s, tokens);\n@export x;', 'abc'),
    good: run('x = aggregate(rightmost(full_s), tokens);\n@export x;', 'abc'),
  }),
  R3503: entry<{ operation: string }>({
    message: ({ operation }) => `${operation} by zero`,
    help: () =>
      'both branches of `a if c else b` are computed at every position, so the divisor has to be safe there too: `x / (n if n > 0 else 1)`',
    explanation:
      'Division and remainder by 0, and 0 to a negative power, have no value. An s-op is computed at every position, even where its value is not used.',
    bad: run('x = 1 / indices;\n@export x;', 'abc'),
    good: run('x = 1 / (indices + 1);\n@export x;', 'abc'),
  }),
  R3504: entry<{ token: string; type: 'int' | 'float' }>({
    message: ({ token, type }) => `the token ${token} cannot be read as ${type === 'int' ? 'an int' : 'a float'}`,
    help: ({ type }) => `\`tokens_${type}\` needs an input of numbers`,
    explanation:
      '`tokens_int` and `tokens_float` read every token of the input as a number, and fail on an input with a token that is none.',
    bad: run('x = tokens_int;\n@export x;', 'abc'),
    good: run('x = tokens_int;\n@export x;', '123'),
  }),
  R3507: entry<{ base: string; exponent: string }>({
    message: ({ base, exponent }) => `${base} to the power ${exponent} is not a real number`,
    explanation: 'A negative number has no real power with a fractional exponent.',
    bad: program('x = (-2)^0.5;'),
    good: program('x = 2^0.5;'),
  }),
  R3508: entry<{ operation: string }>({
    message: ({ operation }) => `${operation} is too large for a float`,
    explanation:
      'A float has 64 bits and ends near 1.8e308. Ints have no such end, but where an int meets a float, or is divided, it has to fit.',
    bad: program('x = 10^400 / 3;'),
    good: program('x = 10^300 / 3;'),
  }),
  R3509: entry<{ got: string }>({
    message: ({ got }) => `cannot round ${got} to an int`,
    explanation:
      '`round` gives the nearest int, the even one of two that are equally near. Strings, infinities and `nan` have no nearest int.',
    bad: program('x = round("a");'),
    good: program('x = round(2.5);'),
  }),
  R3510: entry<{ input: string; position: number | null }>({
    message: ({ input, position }) =>
      `the input ${input} is none of this program's: it assumes what does not hold ${position === null ? 'there' : `at position ${position}`}`,
    help: () => 'give an input on which the assumption holds at every position, or take the `@assume` out',
    explanation:
      '`@assume E;` says which inputs a program is for: those on which E is True at every position. On others it says nothing, so `run` and `eval` refuse them, an example with one is wrong, and `verify` leaves them out.',
    bad: run('@assume selector_width(select(tokens, "$", ==)) == 1;\nx = indices;\n@export x;', 'a$b$'),
    good: run('@assume selector_width(select(tokens, "$", ==)) == 1;\nx = indices;\n@export x;', 'a$b'),
  }),
  R3511: entry<{ name: string; value: string; input: string }>({
    message: ({ name, value, input }) => `the step \`${name}\` is ${value} after ${input}, which is no token to append`,
    help: () => 'a step is a token of the vocabulary, or the value that `@halt` names',
    explanation:
      'A program with `@step NAME;` is run on its own output: the value of NAME at the last position is appended to the input. So it has to be a token of the vocabulary there, or the value of `@halt`, which ends the run.',
    bad: {
      kind: 'program',
      source: '@vocab "ab";\n@context 4;\n@causal;\nx = indices;\n@step x;',
      stage: 'run',
      arguments: ['--input', 'a', '--generate'],
    },
    good: {
      kind: 'program',
      source: '@vocab "ab";\n@context 4;\n@causal;\nx = tokens;\n@step x;',
      stage: 'run',
      arguments: ['--input', 'a', '--generate'],
    },
  }),
  R3512: entry<{ found: 'nothing' | 'mixture' }>({
    message: ({ found }) =>
      found === 'mixture' ? 'a mixture of tokens is compared or computed with' : 'what is no token is computed with',
    help: ({ found }) =>
      found === 'mixture'
        ? '`rightmost(s)` or `leftmost(s)` choose one of the selected positions, so that it is a single token again'
        : 'tokens of an open vocabulary are only compared for equality and moved; `has_focus(s)` says whether something is selected',
    explanation:
      'Tokens of `@vocab any` have no names. An `aggregate` of them that selects nothing gives no token, which equals nothing, not even itself, and an `aggregate` over several positions gives a mixture: exported, it scores each token by its share. Neither is a value to compute with, and a mixture cannot be compared or selected on.',
    bad: run('@vocab any;\nx = aggregate(full_s, tokens) == tokens;\n@export x;', 'abc'),
    good: run('@vocab any;\nx = aggregate(rightmost(full_s), tokens) == tokens;\n@export x;', 'abc'),
  }),
} as const;

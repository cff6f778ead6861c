/** W3, values: what is the same on every input, by the values that the compiler knows each s-op to have. */
import { entry } from '../../catalog-entry.ts';

const program = (source: string) => ({ kind: 'program', source, stage: 'check' }) as const;
const HEAD = '@vocab "abc";\n@context 8;\n';

export const CONSTANT = {
  W3001: entry<{ left: string; right: string; operator: string; says: string }>({
    severity: 'warning',
    message: ({ left, right, operator, says }) => `\`${operator}\` compares ${left} with ${right}, and is ${says} everywhere`,
    help: () => 'a string equals no number: write strings in quotes, or read the tokens with `tokens_int`',
    explanation:
      'Strings and numbers are never equal. `tokens` are strings wherever the vocabulary is of strings, so `tokens == 1` is False everywhere; `tokens == "1"` or `tokens_int == 1` is what was meant.',
    bad: program('@vocab "012";\n@context 8;\nones = selector_width(select(tokens, 1, ==));\n@export ones;'),
    good: program('@vocab "012";\n@context 8;\nones = selector_width(select(tokens, "1", ==));\n@export ones;'),
  }),
  W3002: entry<{ left: string; right: string; operator: string; says: string; suggestion: string | null }>({
    severity: 'warning',
    message: ({ left, right, operator, says }) => `${left} and ${right} have no value in common, so \`${operator}\` is ${says} everywhere`,
    help: ({ suggestion }) => (suggestion === null ? 'check the vocabulary, and what is compared' : `did you mean \`${suggestion}\`?`),
    explanation:
      'The compiler knows which values each side can have: tokens are those of `@vocab`, indices are below `@context`. A comparison of two sides that share no value says the same everywhere.',
    bad: program(`${HEAD}capital = tokens == "A";\n@export capital;`),
    good: program(`${HEAD}capital = tokens == "a";\n@export capital;`),
  }),
  W3003: entry<{ text: string; says: boolean }>({
    severity: 'warning',
    message: ({ text, says }) => `the condition \`${text}\` is ${says ? 'true' : 'false'} everywhere`,
    help: ({ says }) => `only what stands ${says ? 'before `if`' : 'behind `else`'} is ever used`,
    explanation:
      'On every input of the program, at every position, the condition comes to the same, so that one of the two branches is never taken.',
    bad: program(`${HEAD}x = tokens if indices >= 0 else "a";\n@export x;`),
    good: program(`${HEAD}x = tokens if indices > 0 else "a";\n@export x;`),
  }),
  W3004: entry<{ name: string; value: string }>({
    severity: 'warning',
    message: ({ name, value }) => `the output \`${name}\` is ${value} everywhere`,
    help: () => 'a model of it would say nothing of its input',
    explanation:
      'The only value that this export can have, on any input of the program and at any position, is one and the same. That is seldom what a program is written for.',
    bad: program(`${HEAD}x = indices * 0 + 1;\n@export x;`),
    good: program(`${HEAD}x = indices + 1;\n@export x;`),
  }),
  W3005: entry<object>({
    severity: 'warning',
    message: () => 'this selects nothing on any input',
    help: () => 'no key that there can be fits a query that there can be',
    explanation:
      'For all the values that keys and queries can have, the condition of the selector is false: an aggregate gives its default everywhere, a width is 0.',
    bad: program(`${HEAD}none = select(indices, indices, <) and select(indices, indices, >);\nx = selector_width(none);\n@export x;`),
    good: program(`${HEAD}before = select(indices, indices, <);\nx = selector_width(before);\n@export x;`),
  }),
  W3006: entry<{ readonly isHidden: boolean }>({
    severity: 'warning',
    message: () => 'this selects every position on every input',
    help: ({ isHidden }) => (isHidden ? '`select(1, 1, ==)` says so; `full_s` is something else here' : '`full_s` says so'),
    replacement: ({ isHidden }) => (isHidden ? 'select(1, 1, ==)' : 'full_s'),
    explanation:
      'For all the values that keys and queries can have, the condition of the selector is true. Where every position is meant, `full_s` says it; where not, the comparison is not the one that was meant.',
    bad: program(`${HEAD}all = select(indices, 8, <);\nx = selector_width(all);\n@export x;`),
    good: program(`${HEAD}all = full_s;\nx = selector_width(all);\n@export x;`),
  }),
  W3007: entry<object>({
    severity: 'warning',
    message: () => 'this looks for what comes after, and selects nothing: the program is `@causal`',
    help: () => 'a position of a causal program sees itself and those before it; `@bidirectional` sees all',
    explanation:
      'Under `@causal` every selector also asks that the key stands no later than the query. One that asks for a later key, such as `select(indices, indices + 1, ==)`, is left with nothing.',
    bad: program(`@causal;\n${HEAD}next = aggregate(select(indices, indices + 1, ==), tokens, "a");\n@export next;`),
    good: program(`@causal;\n${HEAD}previous = aggregate(select(indices, indices - 1, ==), tokens, "a");\n@export previous;`),
  }),
  W3008: entry<{ text: string }>({
    severity: 'warning',
    message: ({ text }) => `the default \`${text}\` is never used`,
    help: () => 'every query selects something, so leave the default out',
    explanation:
      'The third operand of `aggregate` is the value where a query selects nothing. Here each selects at least one position on every input; perhaps the selector is not the one that was meant.',
    bad: program(`${HEAD}x = aggregate(select(tokens, tokens, ==), indices, 9);\n@export x;`),
    good: program(`${HEAD}x = aggregate(select(tokens, tokens, ==), indices);\n@export x;`),
  }),
} as const;

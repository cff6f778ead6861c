/** W1, precedence: expressions that RASP reads otherwise than most languages do. */
import { entry } from '../../catalog-entry.ts';

const program = (source: string) => ({ kind: 'program', source, stage: 'check' }) as const;

export const READINGS = {
  W1001: entry<{ text: string; inner: string; both: string }>({
    severity: 'warning',
    message: ({ inner }) => `this compares what \`${inner}\` says, True or False, and not what stands in its middle`,
    help: ({ text, inner, both }) => [
      `if both are to hold, write \`${both}\``,
      `if it is meant so, write \`${text.replace(inner, `(${inner})`)}\``,
    ],
    explanation:
      'Comparisons are not chained in RASP: `1 <= x <= 3` is `(1 <= x) <= 3`, and since True is 1 and False is 0, that holds everywhere. Write `1 <= x and x <= 3`, or set brackets where the comparison of a comparison is meant.',
    bad: program('inner = 1 if 1 <= indices <= 3 else 0;\n@export inner;'),
    good: program('inner = 1 if 1 <= indices and indices <= 3 else 0;\n@export inner;'),
  }),
  W1002: entry<{ element: string; last: string }>({
    severity: 'warning',
    message: ({ element }) => `\`in\` asks for all of \`${element}\``,
    help: ({ last, element }) => [
      `if only \`${last}\` is asked for, set brackets around it and its \`in\``,
      `if it is meant so, write \`(${element}) in …\``,
    ],
    explanation:
      '`in` binds looser than `and`, `or` and `if … else`, so `a == b and c in [d]` is `(a == b and c) in [d]`: it looks for the value of the whole, which is True, False or `c`. Write `a == b and (c in [d])`.',
    bad: program('previous = shift(tokens, 1, "");\nopens = tokens == "(" and previous in ["a", "b"];\n@export opens;'),
    good: program('previous = shift(tokens, 1, "");\nopens = tokens == "(" and (previous in ["a", "b"]);\n@export opens;'),
  }),
  W1003: entry<{ inner: string; outer: string }>({
    severity: 'warning',
    message: ({ inner, outer }) => `\`${inner}\` and \`${outer}\` stand side by side without brackets`,
    help: () => 'set brackets: `and` and `or` bind alike in RASP, and are read from the left',
    explanation:
      '`and` and `or` are one level of precedence, read from the left: `a or b and c` is `(a or b) and c`, where most languages read `a or (b and c)`. Brackets say which is meant, and change nothing else.',
    bad: program('some = tokens == "a" or tokens == "b" and indices > 0;\n@export some;'),
    good: program('some = tokens == "a" or (tokens == "b" and indices > 0);\n@export some;'),
  }),
  W1004: entry<{ operand: string; rest: string }>({
    severity: 'warning',
    message: ({ operand }) => `\`not\` takes \`${operand}\` alone`,
    help: ({ operand, rest }) => [
      `if the comparison is to be denied, write \`not (${operand} ${rest})\``,
      `if it is meant so, write \`(not ${operand}) ${rest}\``,
    ],
    explanation:
      '`not` binds tighter than comparisons and `in`: `not x == y` is `(not x) == y`, and `not x in list` is `(not x) in list`. Set brackets around what is denied, or use `!=`.',
    bad: program('later = not indices == 1;\n@export later;'),
    good: program('later = not (indices == 1);\n@export later;'),
  }),
} as const;

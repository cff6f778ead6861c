/** R1, the shape of a program: what the lexer and the parser refuse. */
import { entry } from '../../catalog-entry.ts';

const program = (source: string) => ({ kind: 'program', source, stage: 'check' }) as const;

export const SYNTAX = {
  R1001: entry<{ expected: string; found: string }>({
    message: ({ expected, found }) => `expected ${expected}, found ${found}`,
    help: ({ expected }) => (expected === '`else`' ? 'a choice has two branches: `VALUE if CONDITION else OTHER`' : []),
    explanation:
      'The text does not follow the grammar of RASP at this place. The grammar is in `grammar/rasp.ebnf`. raspc reads on after the fault, at the next statement, so that one run shows the faults of the whole file.',
    bad: program('x = tokens +;'),
    good: program('x = tokens + "!";'),
  }),
  R1002: entry<object>({
    message: () => 'this string is not closed on its line',
    help: () => 'add a `"`; a string has no escapes and cannot contain a line break',
    explanation:
      'A string starts and ends with `"` on one line. There are no escapes: a backslash is an ordinary character, and a `"` or a line break cannot be written inside a string.',
    bad: program('x = "abc;'),
    good: program('x = "abc";'),
  }),
  R1003: entry<{ text: string; instead: string | null }>({
    message: ({ text }) => `\`${text}\` is not part of the language`,
    help: ({ instead }) => (instead === null ? [] : instead),
    explanation:
      'Names are ASCII letters, digits and `_`. Any character may stand in a string or a comment, but outside of them only the ones that the grammar uses.',
    bad: program('x = tokens ? 1;'),
    good: program('x = tokens == "a";'),
  }),
  R1004: entry<{ after: string }>({
    message: ({ after }) => `missing \`;\` after ${after}`,
    help: () => 'add a `;` here',
    explanation:
      'Every statement ends in `;`, except for `def` and `for`, which end in `}`, and the statements of the REPL such as `set example "abc"`. Line breaks do not end a statement.',
    bad: program('a = 3\nb = 4;'),
    good: program('a = 3;\nb = 4;'),
  }),
  R1005: entry<{ target: string }>({
    message: ({ target }) => `cannot assign to ${target}`,
    help: () => 'values never change: build a new list, as in `[0] + rest`, and give it a name',
    explanation:
      'Only a name can stand on the left of `=`. Lists, dictionaries and s-ops are immutable, so an entry of a list cannot be replaced; build a new list instead.',
    bad: program('x = [1, 2];\nx[0] = 3;'),
    good: program('x = [1, 2];\nx = [3, x[1]];'),
  }),
  R1006: entry<object>({
    message: () => 'assignments cannot be chained',
    help: () => 'write one assignment for each name, or `a, b = e, e;`; to compare, write `==`',
    explanation: 'An assignment is a statement, not an expression, so its value cannot be assigned again or used in an expression.',
    bad: program('a = b = 3;'),
    good: program('a, b = 3, 3;'),
  }),
  R1007: entry<{ word: string }>({
    message: ({ word }) => `\`${word}\` is a reserved word and cannot be a name`,
    help: ({ word }) => `choose another name, such as \`${word.replace(/[^a-z]/g, '_')}_\``,
    explanation:
      'These words belong to the grammar and cannot name a variable, a function or a parameter: `and`, `def`, `draw`, `else`, `example`, `examples`, `exit`, `for`, `if`, `in`, `indicator`, `load`, `not`, `off`, `on`, `or`, `quit`, `return`, `round`, `s-op`, `selector`, `set`, `show`.',
    bad: program('on = 3;'),
    good: program('on_ = 3;'),
  }),
  R1008: entry<{ word: string }>({
    message: ({ word }) => `there is no \`${word}\` statement`,
    help: ({ word }) =>
      word === 'while'
        ? 'use `for`, or a recursive function'
        : 'use the expression `A if CONDITION else B`, which chooses at each position',
    explanation:
      'RASP describes a fixed computation over a whole sequence. It has no statement that is carried out for some positions only: the expression `a if c else b` chooses between two values at each position. Repetition is `for` over a list, or recursion.',
    bad: program('x = 1;\nif x == 1 { x = 2; }'),
    good: program('x = 1;\nx = 2 if x == 1 else x;'),
  }),
  R1009: entry<{ opener: string; closer: string }>({
    message: ({ opener, closer }) => `\`${opener}\` is never closed: \`${closer}\` is missing`,
    explanation: 'Every bracket that is opened has to be closed by its own kind, in the order in which they were opened.',
    bad: program('x = (1 + 2;'),
    good: program('x = (1 + 2);'),
  }),
  R1010: entry<{ closer: string }>({
    message: ({ closer }) => `\`${closer}\` closes nothing`,
    help: ({ closer }) => `remove the \`${closer}\`, or add what it should close`,
    explanation: 'Every closing bracket needs an opening one of its own kind before it.',
    bad: program('x = 1 + 2);'),
    good: program('x = (1 + 2);'),
  }),
  R1011: entry<{ name: string }>({
    message: ({ name }) => `function \`${name}\` returns nothing`,
    help: () => 'end the body with `return VALUE;`',
    explanation: 'A function is there for the value it returns: its body ends in exactly one `return`.',
    bad: program('def twice(x) { y = 2 * x; }'),
    good: program('def twice(x) { y = 2 * x; return y; }'),
  }),
  R1012: entry<object>({
    message: () => 'nothing can follow `return` in a function',
    help: () => 'move the statement before `return`, or close the function before it',
    explanation: '`return` is the last statement of a function and there is only one; what comes after it could never be reached.',
    bad: program('def f(x) { return x; y = 2; }'),
    good: program('def f(x) { y = 2; return x + y; }'),
  }),
  R1013: entry<object>({
    message: () => '`return` stands outside of a function',
    help: () => 'give the value a name, and mark it with `@export NAME;` if it is the result of the program',
    explanation: '`return` ends the body of a `def`, and it cannot stand inside a `for` either: the loop has to end first.',
    bad: program('x = tokens;\nreturn x;'),
    good: program('x = tokens;\n@export x;'),
  }),
  R1014: entry<{ closer: string }>({
    message: ({ closer }) => `there is nothing between the \`,\` and the \`${closer}\``,
    help: () => 'remove the trailing `,`',
    explanation: 'Lists, arguments, parameters and assigned values have no trailing comma.',
    bad: program('x = [1, 2,];'),
    good: program('x = [1, 2];'),
  }),
  R1015: entry<{ text: string; instead: string }>({
    message: ({ text }) => `\`${text}\` is not a number of RASP`,
    help: ({ instead }) => instead,
    explanation:
      'A number is written in decimal digits, with digits on both sides of the point if there is one: `12`, `0.5`. There is no exponent, no hexadecimal form and no `_` between digits; powers of ten are written `10^6`.',
    bad: program('x = .5;'),
    good: program('x = 0.5;'),
  }),
  R1016: entry<{ operator: string; instead: string }>({
    message: ({ operator }) => `RASP has no operator \`${operator}\``,
    help: ({ instead }) => instead,
    explanation:
      'The operators are `+ - * / % ^`, the comparisons `== != < > <= >=`, and `and`, `or`, `not`, `in`, `if … else`. `^` is the power; `and` and `or` work on selectors too.',
    bad: program('x = 2 ** 3;'),
    good: program('x = 2 ^ 3;'),
  }),
  R1017: entry<object>({
    message: () => 'strings are written with double quotes',
    help: () => 'replace each `\'` by `"`',
    explanation: 'A string starts and ends with `"`. The single quote has no meaning outside of strings and comments.',
    bad: program("x = 'abc';"),
    good: program('x = "abc";'),
  }),
  R1018: entry<object>({
    message: () => '`s-op` is one word of the language, not a subtraction',
    help: () => 'put spaces around the minus: `s - op`',
    explanation:
      '`s-op` is a keyword of the REPL, as in `set s-op example "abc"`, and the longest word wins: a subtraction of `op` from `s` needs a space.',
    bad: program('s = 3;\nop = 1;\nx = s-op;'),
    good: program('s = 3;\nop = 1;\nx = s - op;'),
  }),
  R1019: entry<object>({
    message: () => 'arguments are given by position, not by name, and parameters have no defaults',
    help: () => 'remove the name and the `=`; to compare, write `==`',
    explanation: 'A call gives a value for each parameter, in their order. There are neither named arguments nor default values.',
    bad: program('x = shift(tokens, n=1, "_");'),
    good: program('x = shift(tokens, 1, "_");'),
  }),
  R1020: entry<object>({
    message: () => 'there are no tuples',
    help: () => 'write a list: `[a, b]`',
    explanation: 'Parentheses only group. Several values are kept in a list, and a function that returns several values gives a list.',
    bad: program('x = (1, 2);'),
    good: program('x = [1, 2];'),
  }),
  R1021: entry<{ form: string; usage: string }>({
    message: ({ form, usage }) => `\`${form}\` is written \`${usage}\``,
    explanation:
      '`select(KEYS, QUERIES, COMPARISON)` takes one of `== != < > <= >=` as its third part. `aggregate(SELECTOR, VALUES)` and `aggregate(SELECTOR, VALUES, DEFAULT)`, `len(LIST)`, `range(END)`, `range(START, END)`, `range(START, END, STEP)` and `zip(LIST, LIST)` are forms of the language as well.',
    bad: program('s = select(tokens, tokens);'),
    good: program('s = select(tokens, tokens, ==);'),
  }),
  R1022: entry<{ statement: string }>({
    message: ({ statement }) => `\`${statement}\` cannot stand inside a function or a loop`,
    help: () => 'move it to the top level of the file',
    explanation:
      'The statements that steer the REPL (`set example`, `show example`, `examples on`, `full seq display on`, `exit`) and directives stand at the top level only.',
    bad: program('def f(x) { set example "abc" return x; }'),
    good: program('set example "abc"\ndef f(x) { return x; }'),
  }),
  R1023: entry<{ after: string | null }>({
    message: ({ after }) => (after === null ? 'there is nothing before this `;`' : `there is no \`;\` after ${after}`),
    help: () => 'remove the `;`',
    explanation:
      'A `;` ends a statement that computes something. `def` and `for` end in `}`, the statements of the REPL end by themselves, and an empty statement does not exist.',
    bad: program('def f(x) { return x; };'),
    good: program('def f(x) { return x; }'),
  }),
  R1024: entry<object>({
    message: () => 'a comprehension has one `for` and no filter',
    help: () => 'choose inside the element, or build the list with a recursive function or a `for` loop',
    explanation: '`[E for x in L]` and `{K: V for x in L}` have an entry for every element of the list or key of the dictionary.',
    bad: program('x = [n for n in range(5) if n > 2];'),
    good: program('x = [n for n in range(3, 5)];'),
  }),
  R1025: entry<object>({
    message: () => 'the body of this `for` is empty',
    help: () => 'add a statement, or remove the loop',
    explanation: 'The body of a `for` has at least one statement; comments do not count.',
    bad: program('for i in [1, 2] { }'),
    good: program('x = 0;\nfor i in [1, 2] { x = x + i; }'),
  }),
  R1026: entry<{ name: string; suggestion: string | null }>({
    message: ({ name }) => `there is no directive \`${name}\``,
    help: ({ suggestion }) =>
      suggestion === null
        ? 'directives are `@vocab`, `@context`, `@causal`, `@bidirectional`, `@export` and `@example`'
        : `did you mean \`${suggestion}\`?`,
    replacement: ({ suggestion }) => suggestion,
    explanation:
      'A directive starts with `@` and tells the compiler what it needs to know beside the program: the vocabulary, the longest input, what to export.',
    bad: program('@vocabulary "abc";'),
    good: program('@vocab "abc";'),
  }),
  R1027: entry<{ name: string; form: string }>({
    message: ({ name, form }) => `\`${name}\` is written \`${form}\``,
    help: ({ name }) => (name === '@export' ? 'each output has a directive of its own: `@export a;` and `@export b;`' : []),
    explanation:
      'The directives are `@vocab E;`, `@vocab any;`, `@context N;`, `@causal;`, `@bidirectional;`, `@export NAME;` and `@example NAME(INPUT) == [...];`.',
    bad: program('x = tokens;\n@export x, tokens;'),
    good: program('x = tokens;\n@export x;'),
  }),
  R1029: entry<{ limit: number }>({
    message: ({ limit }) => `this is nested more than ${limit} levels deep`,
    help: () => 'give names to inner parts',
    explanation: 'Brackets, blocks and prefix operators can be nested to a fixed depth, far beyond what a person would read.',
    bad: { kind: 'text', text: 'a thousand opening parentheses in a row' },
    good: program('a = (1 + 2);\nb = (a + 3);'),
  }),
  R1030: entry<{ head: string }>({
    message: ({ head }) => `the body of \`${head}\` is put in braces`,
    help: ({ head }) => `write \`${head} … { … }\``,
    explanation: 'Blocks are enclosed in `{` and `}`; indentation and line breaks have no meaning.',
    bad: program('def f(x):\n  return x;'),
    good: program('def f(x) {\n  return x;\n}'),
  }),
  R1031: entry<{ operator: string; suggestion: string | null }>({
    message: ({ operator }) => `the operator \`${operator}\` stands alone`,
    help: ({ suggestion }) => [
      ...(suggestion === null ? [] : [`did you mean \`${suggestion}\`?`]),
      'a comparison without operands can only be the third part of `select(KEYS, QUERIES, COMPARISON)`',
    ],
    explanation:
      'An operator is not a value: it cannot be given to a function or kept under a name. Only `select` takes a comparison as its third part.',
    bad: program('def f(k, q, op) { return k; }\nx = f(tokens, tokens, ==);'),
    good: program('def f(k, q) { return select(k, q, ==); }\nx = f(tokens, tokens);'),
  }),
  R1032: entry<{ digits: number; limit: number }>({
    message: ({ digits, limit }) => `this number has ${digits} digits, and the limit is ${limit}`,
    explanation: 'Integers are exact and may be very large, but a literal that long is almost certainly a mistake.',
    bad: { kind: 'text', text: 'a literal of a million digits' },
    good: program('x = 10^100;'),
  }),
  R1034: entry<{ words: number; limit: number }>({
    message: ({ words, limit }) => `this text has ${words} words and signs, and the limit is ${limit}`,
    help: () => 'say what repeats by a loop, a comprehension or a function',
    explanation:
      'A text is taken apart before anything is known of it, which for a literal or a sum of a million terms would take longer than a person waits. The limit is far beyond what anyone would write; what repeats is said once: `range(1000000)` stands for a list of a million numbers.',
    bad: { kind: 'text', text: 'a list of a million numbers, written out' },
    good: program('x = tokens in range(1000);'),
  }),
} as const;

/** R3000 to R3499, types: what an expression is made of, known before any input is seen. */
import { entry } from '../../catalog-entry.ts';

const program = (source: string) => ({ kind: 'program', source, stage: 'check' }) as const;

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

export const TYPES = {
  R3001: entry<{ operator: string; left: string; right: string }>({
    message: ({ operator, left, right }) => `\`${operator}\` does not work on ${left} and ${right}`,
    explanation:
      'Arithmetic is for numbers, where `True` and `False` count as 1 and 0. `+` also joins two strings or two lists, and `*` repeats a string or a list. Nothing is converted by itself: a number is not turned into a string, nor a string into a number; `tokens_int` and `tokens_float` read the input as numbers.',
    bad: program('x = 1 + "a";'),
    good: program('x = "1" + "a";'),
  }),
  R3002: entry<{ operator: string }>({
    message: ({ operator }) => `\`${operator}\` does not work on selectors`,
    help: () => 'selectors are combined with `and`, `or` and `not`; `selector_width(s)` counts what each position selects',
    explanation:
      'A selector says for every pair of positions whether one selects the other. It is combined with other selectors by `and`, `or` and `not`, and used by `aggregate`.',
    bad: program('s = select(tokens, tokens, ==);\nx = s + 1;'),
    good: program('s = select(tokens, tokens, ==);\nx = selector_width(s) + 1;'),
  }),
  R3003: entry<{ operator: string; other: string }>({
    message: ({ operator, other }) => `\`${operator}\` joins two selectors or two values, not a selector and ${other}`,
    help: () => 'turn the values into a selector: `select(True, CONDITION, ==)` selects everything where the condition holds at the query',
    explanation: '`and` and `or` of two selectors is a selector, of two s-ops an s-op. There is no meaning for one of each.',
    bad: program('x = full_s and indices;'),
    good: program('x = full_s and select(indices, indices, <=);'),
  }),
  R3004: entry<{ keys: string; queries: string; operator: string }>({
    message: ({ keys, queries }) => `\`select\` compares ${keys} with ${queries}`,
    help: ({ operator }) => `\`${operator}\` orders numbers, or strings, but not one against the other; \`==\` and \`!=\` compare anything`,
    explanation:
      '`<`, `>`, `<=` and `>=` need two numbers or two strings. `==` and `!=` compare anything: a string and a number are simply never equal. `tokens` are strings, even where they look like numbers; `tokens_int` reads them as numbers.',
    bad: {
      kind: 'program',
      source: 's = select(indices, tokens, <);\nx = selector_width(s);\n@export x;',
      stage: 'run',
      arguments: ['--input', 'abc'],
    },
    good: {
      kind: 'program',
      source: 's = select(indices, tokens_int, <);\nx = selector_width(s);\n@export x;',
      stage: 'run',
      arguments: ['--input', '012'],
    },
  }),
  R3005: entry<{ operator: string; left: string; right: string }>({
    message: ({ operator, left, right }) => `\`${operator}\` cannot order ${left} and ${right}`,
    help: () => '`==` and `!=` compare anything',
    explanation:
      '`<`, `>`, `<=` and `>=` need two numbers, two strings or two lists; strings are ordered by the code points of their characters.',
    bad: program('x = 1 < "a";'),
    good: program('x = "1" < "a";'),
  }),
  R3006: entry<{ form: string; got: string }>({
    message: ({ form, got }) => `\`${form}\` needs a selector, but this is ${got}`,
    help: () => 'make a selector with `select(KEYS, QUERIES, COMPARISON)`; `full_s` selects everything',
    explanation:
      'The first part of `aggregate`, and the argument of `selector_width`, `rightmost` and `leftmost`, says which positions are looked at: it has to be a selector.',
    bad: program('x = aggregate(indices, tokens);'),
    good: program('x = aggregate(select(indices, 0, ==), tokens);'),
  }),
  R3007: entry<{ form: string; got: string }>({
    message: ({ form, got }) => `\`${form}\` needs a value at every position, but this is ${got}`,
    help: () => 'an s-op or a single value is wanted here',
    explanation:
      'An s-op has one value at each position of the input, and a single number, bool or string stands for the same value everywhere. Lists, dictionaries, functions and selectors are neither.',
    bad: program('x = aggregate(full_s, [1, 2]);'),
    good: program('x = aggregate(full_s, indices);'),
  }),
  R3008: entry<{ got: string }>({
    message: ({ got }) => `the default of an \`aggregate\` is a single value, but this is ${got}`,
    help: () => 'choose afterwards: `aggregate(s, v) if has_focus(s) else OTHER`',
    explanation:
      'The default of an `aggregate` is what a position that selects nothing gets. It is one number, bool or string, the same at every position; without a default it is the int 0.',
    bad: program('x = aggregate(select(indices, indices, <), tokens, tokens);'),
    good: program('x = aggregate(select(indices, indices, ==), tokens, "-");'),
  }),
  R3009: entry<{ got: string }>({
    message: ({ got }) => `cannot call ${got}`,
    help: () => 'functions are called with arguments, and s-ops and selectors are applied to an input: `f(tokens)`, `tokens("abc")`',
    explanation: 'Parentheses after an expression call a function, or apply an s-op or a selector to an input.',
    bad: program('x = 5(3);'),
    good: program('def f(x) { return x + 1; }\nx = f(3);'),
  }),
  R3010: entry<{ name: string; expected: number; got: number; signature: string | null }>({
    message: ({ name, expected, got }) =>
      `\`${name}\` takes ${plural(expected, 'argument')}, but ${got === 1 ? '1 is' : `${got} are`} given`,
    help: ({ signature }) => (signature === null ? [] : `it is called as \`${signature}\``),
    explanation: 'A call gives a value for each parameter, no more and no less. An s-op or a selector is applied to one input.',
    bad: program('def f(x) { return x + 1; }\ny = f(1, 2);'),
    good: program('def f(x) { return x + 1; }\ny = f(1);'),
  }),
  R3011: entry<{ got: string }>({
    message: ({ got }) => `cannot take an element of ${got}`,
    explanation: 'Lists, strings and dictionaries have elements, and `s[3]` of an s-op is its value at position 3, everywhere.',
    bad: program('x = 5[0];'),
    good: program('x = [5, 6][0];'),
  }),
  R3012: entry<{ container: string; wanted: string; got: string }>({
    message: ({ container, wanted, got }) => `an element of ${container} is chosen by ${wanted}, but this is ${got}`,
    explanation:
      'A list or a string is indexed by an int, or by an s-op of ints, which looks up a value for each position. A dictionary is indexed by a key or an s-op of keys. An s-op is indexed by an int only: `s[0]` is the first value, `s[-1]` the last.',
    bad: program('x = [5, 6]["a"];'),
    good: program('x = [5, 6][1];'),
  }),
  R3013: entry<{ index: string; container: string; length: number }>({
    message: ({ index, container, length }) => `index ${index} is out of range for a ${container} of length ${length}`,
    help: ({ container, length }) =>
      length === 0
        ? `the ${container} is empty`
        : `indices from ${-length} to ${length - 1} are in range; negative ones count from the end`,
    explanation:
      'The first element of a list or a string has the index 0, the last one -1. Only the index of an s-op may be out of range: no position is selected then, which gives 0.',
    bad: program('x = [1, 2][5];'),
    good: program('x = [1, 2][-1];'),
  }),
  R3014: entry<{ key: string; known: readonly string[] }>({
    message: ({ key }) => `the dictionary has no key ${key}`,
    help: ({ known }) =>
      known.length === 0
        ? 'it is empty'
        : `it has ${known.slice(0, 8).join(', ')}${known.length > 8 ? ` and ${known.length - 8} more` : ''}`,
    explanation: 'A key is found if it is equal to one of the keys: 1, 1.0 and True are the same key, 1 and "1" are not.',
    bad: program('x = {"a": 1}["b"];'),
    good: program('x = {"a": 1}["a"];'),
  }),
  R3015: entry<{ got: string }>({
    message: ({ got }) => `a dictionary key is a single value, but this is ${got}`,
    explanation: 'The keys of a dictionary are numbers, bools and strings; 1, 1.0 and True are one and the same key.',
    bad: program('x = {[1]: 2};'),
    good: program('x = {1: 2};'),
  }),
  R3016: entry<{ form: string; got: string }>({
    message: ({ form, got }) => `${form} goes through a list or a dictionary, but this is ${got}`,
    help: () => 'count with `range(n)`',
    explanation:
      'A `for` and a comprehension go through the elements of a list, or the keys of a dictionary. They are unrolled by the compiler, so the length of the input is not known to them.',
    bad: program('x = [c for c in "abc"];'),
    good: program('x = ["abc"[i] for i in range(3)];'),
  }),
  R3017: entry<{ names: number; values: number }>({
    message: ({ names, values }) => `${plural(names, 'name')} for ${plural(values, 'value')}`,
    explanation:
      'Several names on the left of `=`, or in a `for`, take as many values: from a list, from a string (its characters), or from a function that returns several values.',
    bad: program('a, b = 1, 2, 3;'),
    good: program('a, b = 1, 2;'),
  }),
  R3018: entry<{ names: number; got: string }>({
    message: ({ names, got }) => `${plural(names, 'name')} for one value: this is ${got}`,
    help: () => 'only lists, strings and dictionaries can be taken apart',
    explanation: 'Several names on the left of `=`, or in a `for`, need a list of as many values to be taken from.',
    bad: program('a, b = 1;'),
    good: program('a, b = [1, 2];'),
  }),
  R3019: entry<{ got: string }>({
    message: ({ got }) => `\`range\` counts in ints, but this is ${got}`,
    explanation: '`range(n)` is the list `[0, 1, …, n - 1]`. Its bounds and its step are ints that are known before any input is seen.',
    bad: program('x = range(1.5);'),
    good: program('x = range(2);'),
  }),
  R3020: entry<{ got: number }>({
    message: ({ got }) => `\`range\` takes 1, 2 or 3 ints, but ${got} are given`,
    help: () => '`range(END)`, `range(START, END)` or `range(START, END, STEP)`',
    explanation:
      '`range(END)` starts at 0 and stops before END; `range(START, END)` starts elsewhere; `range(START, END, STEP)` counts in steps, which may be negative.',
    bad: program('x = range(1, 2, 3, 4);'),
    good: program('x = range(1, 9, 2);'),
  }),
  R3021: entry<object>({
    message: () => 'the step of a `range` cannot be 0',
    explanation: '`range(START, END, STEP)` counts from START in steps; with a step of 0 it would never get to its end.',
    bad: program('x = range(0, 3, 0);'),
    good: program('x = range(0, 3, 1);'),
  }),
  R3022: entry<{ first: number; nth: number; length: number }>({
    message: ({ first, nth, length }) =>
      `\`zip\` joins lists of one length, but list 1 has ${plural(first, 'element')} and list ${nth} has ${length}`,
    explanation: '`zip(L1, L2)` is the list of `[L1[i], L2[i]]`; nothing is cut off to make the lists fit.',
    bad: program('x = zip([1], [1, 2]);'),
    good: program('x = zip([3, 4], [1, 2]);'),
  }),
  R3023: entry<{ nth: number; got: string }>({
    message: ({ nth, got }) => `\`zip\` joins lists, but part ${nth} is ${got}`,
    explanation: '`zip(L1, L2)` is the list of `[L1[i], L2[i]]`. It takes lists only; the characters of a string are got with `"abc"[i]`.',
    bad: program('x = zip([1, 2], "ab");'),
    good: program('x = zip([1, 2], ["a", "b"]);'),
  }),
  R3024: entry<{ got: string }>({
    message: ({ got }) => `\`len\` is the length of a list, but this is ${got}`,
    help: () => 'the length of the input is the s-op `length`',
    explanation: '`len(L)` is known before any input is seen, so it is for lists only. The length of the input is `length`, an s-op.',
    bad: program('x = len("abc");'),
    good: program('x = len(["a", "b", "c"]);'),
  }),
  R3025: entry<{ element: string; got: string }>({
    message: ({ element, got }) =>
      `\`in\` looks for ${element} in ${element === 'an s-op' ? 'a list of single values' : 'a list or an s-op'}, but this is ${got}`,
    help: () => '`in` binds more loosely than every other operator; put parentheses around `x in L`',
    explanation:
      '`VALUE in LIST` is a bool, `SOP in LIST` an s-op of bools, and `VALUE in SOP` says at every position whether the input contains the value. Strings and dictionaries are not looked into. `x in L and y` means `x in (L and y)`.',
    bad: program('x = tokens in "abc";'),
    good: program('x = tokens in ["a", "b", "c"];'),
  }),
  R3026: entry<{ got: string }>({
    message: ({ got }) => `\`in\` looks for a single value or an s-op, but this is ${got}`,
    explanation: 'Selectors and functions cannot be compared, so they cannot be looked for; nor can lists and dictionaries.',
    bad: program('x = [1] in [[1], [2]];'),
    good: program('x = 1 in [1, 2];'),
  }),
  R3027: entry<{ operator: string; got: string }>({
    message: ({ operator, got }) => `\`${operator}\` does not work on ${got}`,
    explanation:
      '`-` and `+` in front of a value and `round(…)` are for numbers and s-ops of numbers. `not` works on everything but gives a bool for anything other than a selector.',
    bad: program('x = -"a";'),
    good: program('x = -1;'),
  }),
  R3028: entry<{ got: string }>({
    message: ({ got }) => `\`indicator\` needs an s-op, but this is ${got}`,
    help: () => 'for a single value, write `1 if x else 0`',
    explanation: '`indicator(s)` is 1 where `s` is true and 0 elsewhere. Zero, the empty string and `False` are not true.',
    bad: program('x = indicator(True);'),
    good: program('x = indicator(tokens == "a");'),
  }),
  R3029: entry<{ got: string }>({
    message: ({ got }) => `the condition of \`if … else\` is a value or an s-op, but this is ${got}`,
    help: () => '`has_focus(s)` says at each position whether anything is selected',
    explanation: 'The condition of `a if c else b` is looked at once if it is a single value, and at each position if it is an s-op.',
    bad: program('x = 1 if full_s else 2;'),
    good: program('x = 1 if has_focus(full_s) else 2;'),
  }),
  R3030: entry<{ got: string }>({
    message: ({ got }) => `an s-op holds numbers, bools or strings, but this would put ${got} into it`,
    explanation:
      'At each position an s-op has one number, bool or string. A list cannot be a value of an s-op, and an s-op cannot be a value of an s-op.',
    bad: program('x = [[1], [2]][indices];'),
    good: program('x = [1, 2, 3][indices];'),
  }),
  R3031: entry<{ reason: string }>({
    message: ({ reason }) => `this is not a vocabulary: ${reason}`,
    help: () => 'write a string (one token a character), a list of values of one type, or `any` or `tokenizer`',
    explanation:
      '`@vocab E;` gives the input alphabet: a string, of which each character is a token, or a list of values of one type, each once. It is evaluated before the rest of the file, so it can use the library but not the names of the file. Its type decides what `tokens` is.',
    bad: program('@vocab 5;\nx = tokens;'),
    good: program('@vocab range(0, 5);\nx = tokens;'),
  }),
  R3032: entry<{ got: string }>({
    message: ({ got }) => `the longest input is an int of at least 1, but this is ${got}`,
    explanation: '`@context N;` says how many tokens the longest input has; the mark that is put in front of every input is not counted.',
    bad: program('@context 0;\nx = tokens;'),
    good: program('@context 16;\nx = tokens;'),
  }),
  R3033: entry<{ name: string; got: string }>({
    message: ({ name, got }) => `only s-ops can be exported, but \`${name}\` is ${got}`,
    help: () => 'a selector is exported by way of its `selector_width`, or of what an `aggregate` makes of it',
    explanation: 'An export becomes an output of the model: a value at each position, which is an s-op.',
    bad: program('same = select(tokens, tokens, ==);\n@export same;'),
    good: program('same = select(tokens, tokens, ==);\nhist = selector_width(same);\n@export hist;'),
  }),
  R3034: entry<{ name: string; input: string; expected: string; actual: string }>({
    message: ({ name, input, expected, actual }) => `\`${name}(${input})\` is ${actual}, but the example says ${expected}`,
    explanation:
      '`@example NAME(INPUT) == [...];` is checked by `raspc check` and `raspc verify`. Floats may differ by one part in 10^9; everything else has to be equal.',
    bad: program('twice = indices * 2;\n@example twice("abc") == [0, 1, 2];'),
    good: program('twice = indices * 2;\n@example twice("abc") == [0, 2, 4];'),
  }),
  R3035: entry<{ name: string; limit: number }>({
    message: ({ name, limit }) => `the calls of \`${name}\` are nested more than ${limit} deep`,
    help: () => 'a recursion ends only if its condition is a single value: `1 if n == 0 else …` with a number `n`',
    explanation:
      'Functions are expanded before any input is seen. A recursive function has to come to an end by a condition that is known then; where the condition is an s-op, both branches are always expanded.',
    bad: program('def f(n) { return f(n + 1); }\nx = f(0);'),
    good: program('def f(n) { return 0 if n == 0 else 1 + f(n - 1); }\nx = f(5);'),
  }),
  R3036: entry<{ limit: number; what: 'steps' | 'nodes' }>({
    message: ({ limit, what }) => `expanding this program takes more than ${limit} ${what}`,
    help: () => 'look for a loop or a recursion that multiplies',
    explanation:
      'Functions, loops and comprehensions are expanded before any input is seen, and the number of steps is limited so that a mistake ends with a message.',
    bad: program('def f(n) { return 1 if n == 0 else f(n - 1) + f(n - 1); }\nx = f(200);'),
    good: program('def f(n) { return 1 if n == 0 else 2 * f(n - 1); }\nx = f(200);'),
  }),
  R3037: entry<{ what: string; limit: string }>({
    message: ({ what, limit }) => `${what} would be larger than ${limit}`,
    explanation:
      'Integers are exact and of any size, and lists and strings are as long as needed, within limits that only a mistake reaches.',
    bad: program('x = 9^(9^(9^9));'),
    good: program('x = 9^99;'),
  }),
  R3038: entry<{ got: string }>({
    message: ({ got }) => `an input has at least one token, but this is ${got}`,
    explanation:
      'A sequence operation has a value for each token of its input, and the reference gives no meaning to an input without tokens.',
    bad: program('x = tokens("");'),
    good: program('x = tokens("abc");'),
  }),
  R3039: entry<{ got: string }>({
    message: ({ got }) => `an input is a string or a list of single values, but this is ${got}`,
    explanation:
      'An s-op or a selector is applied to a string, of which each character is a token, or to a list of numbers, bools and strings.',
    bad: program('x = tokens(5);'),
    good: program('x = tokens([5]);'),
  }),
  R3041: entry<{ name: string; got: string }>({
    message: ({ name, got }) => `an example gives an input to an s-op, but \`${name}\` is ${got}`,
    explanation:
      '`@example NAME(INPUT) == [...];` says what an s-op is on one input. NAME is an s-op of the file, INPUT a string or a list, and the values on the right are a list of one value for each token.',
    bad: program('same = select(tokens, tokens, ==);\n@example same("aa") == [1, 1];'),
    good: program('hist = selector_width(select(tokens, tokens, ==));\n@example hist("aa") == [2, 2];'),
  }),
  R3042: entry<{ got: string }>({
    message: ({ got }) => `the values of an example are a list of single values, but this is ${got}`,
    explanation: 'The right side of `@example NAME(INPUT) == [...];` is the list of the values at each position.',
    bad: program('twice = indices * 2;\n@example twice("abc") == 4;'),
    good: program('twice = indices * 2;\n@example twice("abc") == [0, 2, 4];'),
  }),
  R3043: entry<{ form: string }>({
    message: ({ form }) => `\`${form}\` is for numbers, but these are strings`,
    help: () => 'the selected string at one position is `aggregate(rightmost(s), v, "")`; how many are selected is `selector_width(s)`',
    explanation:
      '`sum_over(s, v)`, `max_over(s, v)` and `min_over(s, v)` make one number of the numbers at the positions that each query selects. Where nothing is selected the sum is 0, and an extreme is 0 or its third argument. Bools count as 0 and 1.',
    bad: program('x = max_over(full_s, tokens);'),
    good: program('x = max_over(full_s, tokens_int);'),
  }),
  R3051: entry<{ got: string }>({
    message: ({ got }) => `an assumption is an s-op that is True at every position, but this is ${got}`,
    help: () => 'say it of what a selector selects: `selector_width(s) == 1`',
    explanation:
      '`@assume E;` says which inputs a program is for: those on which E holds at every position. `run` refuses others, `verify` leaves them out, and proofs hold for the rest.',
    bad: program('@assume select(tokens, "$", ==);\nx = tokens;'),
    good: program('@assume selector_width(select(tokens, "$", ==)) == 1;\nx = tokens;'),
  }),
  R3052: entry<{ name: string; got: string }>({
    message: ({ name, got }) => `only an s-op can be appended, but \`${name}\` is ${got}`,
    explanation: '`@step NAME;` appends the value of an s-op at the last position to the input, and runs the program again.',
    bad: program('same = select(tokens, tokens, ==);\n@step same;'),
    good: program('again = tokens;\n@step again;'),
  }),
  R3053: entry<{ got: string }>({
    message: ({ got }) => `\`@halt\` names a single value, but this is ${got}`,
    explanation: '`@halt VALUE;` ends a run where the s-op of `@step` has that value at the last position. It is not appended.',
    bad: program('x = tokens;\n@step x;\n@halt ["a", "b"];'),
    good: program('x = tokens;\n@step x;\n@halt "a";'),
  }),
  R3054: entry<{ form: string; got: string }>({
    message: ({ form, got }) => `\`${form}\` is about text, but this is ${got}`,
    help: () =>
      '`matches(s, "RE")`, `count_in(s, "x")`, `starts_with(s, "x")`, `ends_with(s, "x")` and `text_length(s)` take an s-op of strings or a string, and `RE` and `x` are strings',
    explanation:
      'Functions of text say something of each string by itself: whether it matches a pattern, how often another is in it, how long it is, how it begins or ends. Over a vocabulary of strings each is a table.',
    bad: program('x = text_length(indices);'),
    good: program('x = text_length(tokens);'),
  }),
  R3055: entry<{ pattern: string; reason: string }>({
    message: ({ pattern, reason }) => `\`${pattern}\` is no regular expression: ${reason}`,
    explanation:
      'The second argument of `matches` is a regular expression of JavaScript, read with its `u` flag. It may match anywhere in the text unless `^` and `$` hold it.',
    bad: program('x = matches(tokens, "[a-");'),
    good: program('x = matches(tokens, "[a-z]");'),
  }),
  R3040: entry<{ got: string }>({
    message: ({ got }) => `\`draw\` shows an s-op, but this is ${got}`,
    explanation: '`draw(s)` and `draw(s, INPUT)` show how the s-op is computed, layer by layer.',
    bad: program('draw(full_s);'),
    good: program('draw(aggregate(full_s, indices));'),
  }),
  R3045: entry<{ token: string }>({
    message: ({ token }) => `the input of the example has the token ${token}, which \`@vocab\` does not have`,
    help: () => 'take another input, or put the token into `@vocab`',
    explanation:
      'An example says what the program gives for one of its inputs, and is tried when a compiled model is verified. Its tokens are those of `@vocab`.',
    bad: program('@vocab "abc";\nx = tokens == "a";\n@export x;\n@example x("abd") == [True, False, False];'),
    good: program('@vocab "abcd";\nx = tokens == "a";\n@export x;\n@example x("abd") == [True, False, False];'),
  }),
  R3046: entry<{ length: number; context: number }>({
    message: ({ length, context }) => `the input of the example has ${length} tokens, and \`@context\` is ${context}`,
    help: () => 'take a shorter input, or a longer `@context`',
    explanation:
      'An example says what the program gives for one of its inputs, and is tried when a compiled model is verified. No input is longer than `@context`.',
    bad: program('@context 2;\nx = indices;\n@export x;\n@example x("abc") == [0, 1, 2];'),
    good: program('@context 3;\nx = indices;\n@export x;\n@example x("abc") == [0, 1, 2];'),
  }),
} as const;

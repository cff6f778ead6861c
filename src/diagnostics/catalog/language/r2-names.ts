/** R2, names: what is not there, what cannot be rebound, what was said twice. */
import { entry } from '../../catalog-entry.ts';

const program = (source: string) => ({ kind: 'program', source, stage: 'check' }) as const;

export const NAMES = {
  R2001: entry<{ name: string; suggestion: string | null }>({
    message: ({ name }) => `there is no \`${name}\` here`,
    help: ({ suggestion }) => (suggestion === null ? [] : `did you mean \`${suggestion}\`?`),
    replacement: ({ suggestion }) => suggestion,
    explanation:
      'A name has to be assigned before it is used. A function sees the names of the place where it is written, as they are when it is called. A file that is loaded sees the library and its own names, and not those of the file that loads it.',
    bad: program('hist = selector_width(select(token, tokens, ==));'),
    good: program('hist = selector_width(select(tokens, tokens, ==));'),
  }),
  R2002: entry<{ name: string; role: 'library' | 'base' | 'word' }>({
    message: ({ name, role }) =>
      role === 'library'
        ? `\`${name}\` belongs to the library and cannot be given another meaning`
        : role === 'base'
          ? `\`${name}\` is built in and cannot be given another meaning`
          : `\`${name}\` is a word of the language and cannot be a name`,
    help: ({ name }) => `choose another name, such as \`my_${name}\``,
    explanation:
      'The base s-ops (`indices`, `tokens_str` and its siblings), `True` and `False`, every name of the library that is always there (`length`, `sort`, `shift`, …) and some words (`range`, `zip`, `len`, `get`, `out`) cannot be assigned, nor can a parameter or a loop variable be called so. `tokens` can.',
    bad: program('length = 3;'),
    good: program('my_length = 3;'),
  }),
  R2003: entry<{ name: string; usage: string }>({
    message: ({ name }) => `\`${name}\` is a form of the language, not a value`,
    help: ({ usage }) => `write \`${usage}\``,
    explanation:
      '`select`, `aggregate`, `range`, `zip` and `len` are part of the grammar. They cannot be handed on as functions; wrap one in a `def` to do so.',
    bad: program('f = range;'),
    good: program('def f(n) { return range(n); }'),
  }),
  R2004: entry<{ path: string; suggestion: string | null }>({
    message: ({ path }) => `could not find the file \`${path}.rasp\``,
    help: ({ suggestion }) =>
      suggestion === null
        ? 'the path is relative to the working directory, and `.rasp` is added to it; `load "std/NAME";` finds the library of raspc'
        : `did you mean \`load "${suggestion}";\`?`,
    replacement: ({ suggestion }) => (suggestion === null ? null : `"${suggestion}"`),
    explanation:
      '`load "PATH";` runs the file `PATH.rasp`, relative to the directory in which raspc was started, and takes over the names that it defines, except for those that start with `_`.',
    bad: program('load "no/such/file";'),
    good: program('x = tokens;'),
  }),
  R2005: entry<{ path: string; chain: readonly string[] }>({
    message: ({ path }) => `\`${path}\` loads itself`,
    help: ({ chain }) => `the files load each other in a circle: ${chain.map((file) => `\`${file}\``).join(' → ')}`,
    explanation:
      'Loading runs a file from its start to its end, so a file that loads itself, directly or by way of others, would never end.',
    bad: { kind: 'text', text: 'a file loop.rasp that contains: load "loop";' },
    good: program('x = tokens;'),
  }),
  R2006: entry<{ directive: string }>({
    message: ({ directive }) => `\`${directive}\` is given twice`,
    help: () => 'keep one of them',
    explanation: 'A program has one vocabulary, one longest input, one direction of attention and one step. Each may be stated once.',
    bad: program('@context 8;\n@context 16;\nx = tokens;'),
    good: program('@context 16;\nx = tokens;'),
  }),
  R2007: entry<object>({
    message: () => 'a program is either `@causal` or `@bidirectional`',
    help: () => 'keep one of the two directives',
    explanation:
      'Under `@causal` every selector only selects positions up to its own. `@bidirectional` says that selectors may look ahead; this is the default.',
    bad: program('@causal;\n@bidirectional;\nx = tokens;'),
    good: program('@causal;\nx = tokens;'),
  }),
  R2011: entry<object>({
    message: () => '`@halt` says when a run ends, but nothing is run',
    help: () => 'say with `@step NAME;` which s-op is appended',
    explanation:
      '`@step NAME;` makes a program that is run again and again on its own output: what NAME is at the last position is appended to the input. `@halt VALUE;` names the value that ends such a run.',
    bad: program('x = tokens;\n@halt "$";'),
    good: program('x = tokens;\n@step x;\n@halt "$";'),
  }),
  R2008: entry<{ name: string; suggestion: string | null }>({
    message: ({ name }) => `there is no \`${name}\` to export`,
    help: ({ suggestion }) => (suggestion === null ? 'assign it in this file' : `did you mean \`${suggestion}\`?`),
    replacement: ({ suggestion }) => suggestion,
    explanation:
      '`@export NAME;` marks an s-op for compilation. The name is looked up at the end of the file, so the directive may stand before the assignment.',
    bad: program('hist = selector_width(select(tokens, tokens, ==));\n@export histogram;'),
    good: program('hist = selector_width(select(tokens, tokens, ==));\n@export hist;'),
  }),
  R2009: entry<{ name: string }>({
    message: ({ name }) => `\`${name}\` is exported twice`,
    help: () => 'keep one of them',
    explanation: 'Each export becomes one output of the model, under its name, and a name stands for one thing only.',
    bad: program('x = tokens;\n@export x;\n@export x;'),
    good: program('x = tokens;\n@export x;'),
  }),
  R2010: entry<{ path: string; count: number }>({
    message: ({ path, count }) => `\`${path}.rasp\` cannot be loaded: it has ${count === 1 ? 'an error' : `${count} errors`}`,
    help: () => 'the errors in the file are shown with this one',
    explanation: 'A file that does not parse defines nothing, so whatever uses its names would fail too.',
    bad: { kind: 'text', text: 'load "broken"; where broken.rasp contains: x = ;' },
    good: program('x = tokens;'),
  }),
} as const;
